import type { PredictionExplanation, PredictionGroup } from '@gistpool/contracts';
import type { Explanation, GroupFigures, SessionLimits } from '@gistpool/core';
import type { NewJob } from '@gistpool/queue';

/** What core knows of a group -> as clients see it. */
export function toGroupView(group: GroupFigures): PredictionGroup {
  const { model, policy, task, promptTokens, limits, endedSessions, coverage, sharpness } = group;
  return {
    model,
    policy,
    ...(task === '' ? {} : { task }),
    prompt_tokens: promptTokens,
    limits: toLimitsView(limits),
    ended_sessions: endedSessions,
    coverage,
    sharpness: sharpness ?? null,
  };
}

export function toExplanationView(job: NewJob, explanation: Explanation): PredictionExplanation {
  const { groups, thoughts, run, eps, borrowed, coverage, because } = explanation;
  return {
    model: job.model,
    ...(job.task === undefined ? {} : { task: job.task }),
    prompt_tokens: job.promptTokens,
    limits: job.limits,
    eps,
    predicted_peak_cells: explanation.predictedPeakCells,
    typical_peak_cells: explanation.typicalPeakCells,
    upper_bound_cells: explanation.upperBoundCells,
    because,
    groups: groups.map(({ name, endedSessions, quantileCells }) => ({
      name,
      ended_sessions: endedSessions,
      predicted_peak_cells: quantileCells,
    })),
    borrowed,
    coverage,
    thoughts: { mean: thoughts.mean, mean_tokens: thoughts.meanTokens },
    run: {
      mean_tokens: run.meanTokens,
      ms_per_token: run.msPerToken,
      typical_ms: run.typicalMs,
      long_ms: run.longMs,
    },
  };
}

const toLimitsView = ({ maxTokens, maxThoughts, maxThoughtTokens }: SessionLimits) => ({
  max_tokens: maxTokens,
  max_thoughts: maxThoughts,
  max_thought_tokens: maxThoughtTokens,
});
