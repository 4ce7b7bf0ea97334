import { z } from 'zod';

const TokenLogprob = z.object({
  /** Its text; a part of a character shows as U+FFFD. */
  token: z.string(),
  /** Natural logarithm of its probability, by the model's own logits. */
  logprob: z.number(),
  /** In UTF-8; null where the token is a part of a character. */
  bytes: z.array(z.int()).nullable(),
});

/** A token of the answer, and the likeliest that could have stood in its place, likeliest first. */
export const AnswerLogprob = TokenLogprob.extend({ top_logprobs: z.array(TokenLogprob) });
export type AnswerLogprob = z.infer<typeof AnswerLogprob>;
