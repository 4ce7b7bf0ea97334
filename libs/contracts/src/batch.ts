import { z } from 'zod';
import { ApiErrorBody } from './errors';

/** Answer of `POST /v1/jobs/batch`: good lines are taken, bad ones are named; nothing else is disturbed. */
export const BatchReceipt = z.object({
  object: z.literal('batch'),
  id: z.string(),
  accepted: z.int(),
  rejected: z.int(),
  /** Accepted jobs in line order. */
  jobs: z.array(z.object({ line: z.int(), id: z.string(), custom_id: z.string().optional() })),
  errors: z.array(z.object({ line: z.int(), error: ApiErrorBody })),
});
export type BatchReceipt = z.infer<typeof BatchReceipt>;

/** A longer line of a batch is refused with its number; the next lines are still read. */
export const MAX_BATCH_LINE_BYTES = 2 * 1024 * 1024;
