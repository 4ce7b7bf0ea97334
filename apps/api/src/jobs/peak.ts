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
function shapeOf(model: ModelInfo): Policy {
  if (model.method === 'lightthinker') {
    return {
      kind: 'lightthinker',
      splitter: 0,
      gists: new Array<number>(model.gist_count).fill(0),
      continueToken: 0,
    };
  }
  // A window's sizes are not announced; plain decoding holds at least as many cells.
  return { kind: 'vanilla' };
}
