import { z } from 'zod';
import { AnswerFormat } from './answer-format';

/** As many as OpenAI's API tells. */
export const MAX_TOP_LOGPROBS = 20;

/** How the next token is chosen. Temperature 0 (the default) is greedy. */
export const Sampling = z.strictObject({
  temperature: z.number().min(0).max(5).default(0),
  top_k: z.int().min(0).max(1_000_000).default(0).describe('0 = off'),
  top_p: z.number().gt(0).max(1).default(1),
  min_p: z.number().min(0).max(1).default(0),
  seed: z.int().min(0).max(0xffff_ffff).optional(),
  repeat_penalty: z.number().gt(0).max(10).default(1).describe('1 = off'),
  /** Text that ends the answer when it appears. */
  stop: z.array(z.string().min(1).max(256)).max(16).default([]),
  /** Token id (as a string key) to a value added to its logit. */
  logit_bias: z.record(z.string().regex(/^\d+$/), z.number().min(-100).max(100)).default({}),
  answer_format: AnswerFormat.optional(),
  /** Log-probabilities of the answer's tokens are told, and of so many of the likeliest in their places. */
  logprobs: z.int().min(0).max(MAX_TOP_LOGPROBS).optional(),
});
export type Sampling = z.infer<typeof Sampling>;
