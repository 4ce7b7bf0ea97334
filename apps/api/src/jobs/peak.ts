import { upperBoundPeakCells } from '@gistpool/core';
import type { ModelInfo, ResolvedLimits } from '@gistpool/contracts';
import { policyOf } from '@gistpool/queue';

/** The most cells a job of this model can hold, whatever the model samples. */
export function peakCells(model: ModelInfo, promptTokens: number, limits: ResolvedLimits): number {
  return upperBoundPeakCells(policyOf(model), promptTokens, {
    maxTokens: limits.max_tokens,
    maxThoughts: limits.max_thoughts,
    maxThoughtTokens: limits.max_thought_tokens,
  });
}
