import { z } from 'zod';

/** Limits of one job. All counts are tokens that are sampled (gists and continues are fed, not counted). */
export const JobLimits = z.strictObject({
  /** Sampled tokens in all: reasoning and answer. */
  max_tokens: z.int().min(1).max(1_000_000).optional(),
  /** Thoughts that may be compressed before the job is cut. */
  max_thoughts: z.int().min(1).max(100_000).optional(),
  /** A thought that grows to this length is closed by force, so that its memory has a bound. */
  max_thought_tokens: z.int().min(2).max(1_000_000).optional(),
});
export type JobLimits = z.infer<typeof JobLimits>;

/** Limits after the model's defaults were filled in. */
export type ResolvedLimits = { [K in keyof JobLimits]-?: NonNullable<JobLimits[K]> };
