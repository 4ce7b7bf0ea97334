import { z } from 'zod';
import { AnswerLogprob } from './logprobs';
import { JobFailure, JobState } from './job';
import { Usage } from './usage';

/** One entry of `GET /v1/jobs/:id/events`; the SSE event name is `type`, its id the stream id. */
export const JobEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('state'), state: JobState, card: z.string().optional(), at_ms: z.int() }),
  /** Visible text as it comes; `thought` is the number of the thought it belongs to, from 0. */
  z.object({
    type: z.literal('text'),
    thought: z.int(),
    text: z.string(),
    /** Of the tokens that were sampled since the text before, where the job asked for them. */
    logprobs: z.array(AnswerLogprob).optional(),
  }),
  z.object({ type: z.literal('thought'), thought: z.int(), text: z.string(), tokens: z.int() }),
  z.object({
    type: z.literal('compression'),
    thought: z.int(),
    cells_before: z.int(),
    cells_after: z.int(),
  }),
  z.object({ type: z.literal('answer'), text: z.string() }),
  z.object({ type: z.literal('usage'), usage: Usage }),
  z.object({ type: z.literal('error'), error: JobFailure }),
]);
export type JobEvent = z.infer<typeof JobEvent>;
