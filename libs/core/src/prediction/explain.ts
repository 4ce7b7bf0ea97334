import { boundOf, groupPath, type JobFeatures } from './features';
import type { Predictor } from './predictor';
import { meanOf, quantile } from './survival';

/** What a job would be predicted, and why. Cells include the prompt. */
export interface Explanation {
  readonly predictedPeakCells: number;
  readonly typicalPeakCells: number;
  readonly upperBoundCells: number;
  readonly eps: number;
  /** From the general to the particular; each borrows from the one before. */
  readonly groups: readonly {
    readonly name: string;
    readonly endedSessions: number;
    readonly quantileCells: number | null;
  }[];
  readonly calibrationFactor: number;
  readonly coverage: { readonly promises: number; readonly missed: number };
  readonly thoughts: { readonly mean: number; readonly meanTokens: number };
  readonly run: {
    readonly meanTokens: number;
    readonly msPerToken: number | null;
    readonly typicalMs: number | null;
    readonly longMs: number | null;
  };
  readonly because: string;
}

export function explain(predictor: Predictor, features: JobFeatures): Explanation {
  const { eps } = predictor.options;
  const bound = boundOf(features);
  const cellsAt = (share: number, survival: Parameters<typeof quantile>[0]) =>
    Math.min(bound, features.promptTokens + quantile(survival, share));
  const path = groupPath(features);
  const groups = path.map((name, level) => {
    const {
      distributions,
      endedSessions,
      level: share,
    } = predictor.knownAt(path.slice(0, level + 1), features);
    const value = quantile(distributions.growth, share);
    return {
      name,
      endedSessions,
      quantileCells: Number.isFinite(value) ? features.promptTokens + value : null,
    };
  });
  const { distributions, profile, coverage, msPerToken } = predictor.known(features);
  const predictedPeakCells = predictor.predictedPeakCells(features);
  const meanThoughts = meanOf(distributions.thoughts, features.limits.maxThoughts);
  const longTokens = Math.min(features.limits.maxTokens, profile.stepsQuantile(0.05));
  const meanTokens = Math.min(
    features.limits.maxTokens,
    meanThoughts * profile.meanThoughtTokens + profile.meanTailTokens,
  );
  const duration = (tokens: number) => (msPerToken === undefined ? null : Math.round(tokens * msPerToken));
  return {
    predictedPeakCells,
    typicalPeakCells: cellsAt(0.5, distributions.growth),
    upperBoundCells: bound,
    eps,
    groups,
    calibrationFactor: coverage.factor,
    coverage: { promises: coverage.promises, missed: coverage.missed },
    thoughts: { mean: meanThoughts, meanTokens: profile.meanThoughtTokens },
    run: {
      meanTokens,
      msPerToken: msPerToken ?? null,
      typicalMs: duration(meanTokens),
      longMs: duration(longTokens),
    },
    because: reason(
      predictedPeakCells,
      bound,
      groups.at(-1)?.endedSessions ?? 0,
      groups[0]?.endedSessions ?? 0,
      coverage.factor,
      eps,
    ),
  };
}

function reason(
  predicted: number,
  bound: number,
  own: number,
  all: number,
  factor: number,
  eps: number,
): string {
  const percent = `${Number((100 * eps).toPrecision(3))} %`;
  if (predicted >= bound) {
    return (
      `The limits' upper bound of ${bound} cells: ${Math.floor(all)} sessions of this model have ended, and about ` +
      `${Math.ceil(1 / eps) - 1} are needed before at most ${percent} can be promised by experience.`
    );
  }
  const borrowed = Math.round((100 * 24) / (24 + own));
  const widened = factor > 1.005 ? ` Recent misses widen it by a factor of ${factor.toFixed(2)}.` : '';
  return (
    `At most ${percent} of such jobs exceed it, by ${Math.floor(own)} ended sessions of its own group` +
    `${borrowed >= 5 ? ` and, for about ${borrowed} %, by its parents'` : ''}.${widened}`
  );
}
