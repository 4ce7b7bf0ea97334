import { upperBoundPeakCells, type Policy } from '@gistpool/core';
import type { ModelInfo, ResolvedLimits } from '@gistpool/contracts';

/** The most cells a job of this model can hold, whatever the model samples. */
export function peakCells(model: ModelInfo, promptTokens: number, limits: ResolvedLimits): number {
  return upperBoundPeakCells(shapeOf(model), promptTokens, {
    maxTokens: limits.max_tokens,
    maxThoughts: limits.max_thoughts,
    maxThoughtTokens: limits.max_thought_tokens,
  });
}

/** A policy for counting only: the bound asks how many gists there are, never which tokens they are. */
function shapeOf({ method, gist_count, policy }: ModelInfo): Policy {
  if (method === 'lightthinker') {
    return {
      kind: 'lightthinker',
      splitter: 0,
      gists: new Array<number>(gist_count).fill(0),
      continueToken: 0,
      lagThoughts: policy.lag_thoughts ?? 0,
      ...(policy.every_tokens === undefined ? {} : { everyTokens: policy.every_tokens }),
    };
  }
  if (method === 'window' && policy.first_tokens !== undefined && policy.last_tokens !== undefined) {
    return { kind: 'window', firstTokens: policy.first_tokens, lastTokens: policy.last_tokens };
  }
  // MEMENTO's bound is that of plain decoding: nothing compels the model to write a summary.
  return { kind: 'vanilla' };
}
