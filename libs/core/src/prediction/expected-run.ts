import type { JobFeatures } from './features';
import type { Known, Predictor } from './predictor';
import { meanOf } from './survival';

/** Sampled tokens of such a job, averaged. */
export function meanTokensOf({ distributions, profile }: Known, { limits }: JobFeatures): number {
  const meanThoughts = meanOf(distributions.thoughts, limits.maxThoughts);
  return Math.min(limits.maxTokens, meanThoughts * profile.meanThoughtTokens + profile.meanTailTokens);
}

/** From placement to end, averaged; undefined as long as no job of the model has ended. */
export function expectedRunMs(predictor: Predictor, features: JobFeatures): number | undefined {
  const known = predictor.known(features);
  return known.msPerToken === undefined ? undefined : known.msPerToken * meanTokensOf(known, features);
}

/** Of a run that has lasted so long. One that outlives the mean is taken to last half as long again (Lindy's rule, halved). */
export const leftOfRunMs = (expectedMs: number, elapsedMs: number): number =>
  Math.max(expectedMs - elapsedMs, elapsedMs / 2);
