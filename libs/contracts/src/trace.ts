import { z } from 'zod';

/** First line of a trace: what all its jobs have in common. */
export const TraceHeader = z.strictObject({
  gistpool_trace: z.literal(1),
  name: z.string().min(1).max(64),
  model: z.string().min(1).max(64),
  /** Of one token position: layers x 2 x kv heads x head size x bytes per element. */
  kv_bytes_per_cell: z.int().min(1),
  /** n: a compression leaves n gists and one continue. */
  gist_count: z.int().min(0).max(1000),
  limits: z.strictObject({
    max_tokens: z.int().min(1),
    max_thoughts: z.int().min(1),
    max_thought_tokens: z.int().min(2),
  }),
});
export type TraceHeader = z.infer<typeof TraceHeader>;

/** Every further line: one job as it came and as it ran. Times count from the trace's begin. */
export const TraceJob = z.strictObject({
  arrival_ms: z.number().min(0),
  prompt_tokens: z.int().min(1),
  /** Sampled tokens of every thought, splitter included. */
  thought_tokens: z.array(z.int().min(1)),
  /** Sampled tokens after the last compression, end token included. */
  answer_tokens: z.int().min(0),
  tenant: z.string().min(1).max(64).default('default'),
  priority: z.int().min(0).max(1_000_000).default(0),
  task: z.string().min(1).max(64).default(''),
});
export type TraceJob = z.infer<typeof TraceJob>;
