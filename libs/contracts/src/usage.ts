import { z } from 'zod';

/** What a job consumed. Cells are KV-cache token positions; formulas: docs/metrics.md. */
export const Usage = z.object({
  prompt_tokens: z.int(),
  reasoning_tokens: z.int(),
  answer_tokens: z.int(),
  /** Sampled tokens; gists and continues excluded. */
  generated_tokens: z.int(),
  thoughts: z.int(),
  compressions: z.int(),
  /** Most live cells at any time. */
  peak_cells: z.int(),
  /** The paper's closed form of the peak. */
  peak_tokens: z.int(),
  predicted_peak_cells: z.int(),
  /** Sum over sampled tokens of the tokens each depends on. */
  dep: z.int(),
  kv_bytes_at_peak: z.int(),
  /** Bytes of KV memory x seconds for which they were held, measured on every card that had it; in a file they are not held. */
  kv_byte_seconds: z.int().default(0),
  /** Cells that plain decoding of the same text would have held at its end. */
  vanilla_peak_cells: z.int(),
  vanilla_dep: z.int(),
  queue_ms: z.int(),
  run_ms: z.int(),
  /** Times the job was taken up again from a checkpoint. */
  resumes: z.int(),
  /** Tokens that were fed again while resuming, at prefill speed. */
  replayed_tokens: z.int(),
  /** Times it had to leave its slot for want of cells: parked, or handed back. */
  overflows: z.int().default(0),
});
export type Usage = z.infer<typeof Usage>;
