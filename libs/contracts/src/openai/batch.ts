import { z } from 'zod';
import { WebhookRequest } from '../webhook';

/**
 * validating -> in_progress -> finalizing -> completed. Ends besides: `failed`, when no line can become a job; `expired`,
 * when the window ran out (through finalizing); `cancelled`, through cancelling.
 */
export const BATCH_STATUSES = [
  'validating',
  'failed',
  'in_progress',
  'finalizing',
  'completed',
  'expired',
  'cancelling',
  'cancelled',
] as const;
export const BatchStatus = z.enum(BATCH_STATUSES);
export type BatchStatus = z.infer<typeof BatchStatus>;

export const ENDED_BATCH_STATUSES = ['failed', 'completed', 'expired', 'cancelled'] as const;
export const hasBatchEnded = (status: BatchStatus): boolean =>
  (ENDED_BATCH_STATUSES as readonly BatchStatus[]).includes(status);

export const BATCH_ENDPOINTS = ['/v1/chat/completions', '/v1/completions'] as const;
export const BatchEndpoint = z.enum(BATCH_ENDPOINTS);
export type BatchEndpoint = z.infer<typeof BatchEndpoint>;

/** A file with more is refused as a whole. */
export const MAX_BATCH_LINES = 50_000;
const UNIT_SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** `24h` as everywhere; here also others, up to 30 days. */
export const CompletionWindow = z
  .string()
  .regex(/^[1-9]\d{0,6}[smhd]$/, 'expected a number and s, m, h or d, e.g. 24h')
  .refine((text) => windowSeconds(text) <= 30 * UNIT_SECONDS.d, 'at most 30d');

export function windowSeconds(text: string): number {
  return Number(text.slice(0, -1)) * UNIT_SECONDS[text.slice(-1) as keyof typeof UNIT_SECONDS];
}

/** The body of `POST /v1/batches`. */
export const BatchRequest = z.strictObject({
  input_file_id: z.string().min(1).max(64),
  endpoint: BatchEndpoint,
  completion_window: CompletionWindow,
  metadata: z
    .record(z.string().max(64), z.string().max(512))
    .refine((metadata) => Object.keys(metadata).length <= 16, 'at most 16 keys')
    .nullish(),
  /** What OpenAI's API does not have. */
  gistpool: z.strictObject({ webhook: WebhookRequest.optional() }).optional(),
});
export type BatchRequest = z.infer<typeof BatchRequest>;

/** One line of a batch's input file. Its body is checked by itself. */
export const BatchLine = z.strictObject({
  custom_id: z.string().min(1).max(256),
  method: z.literal('POST'),
  url: z.string(),
  body: z.record(z.string(), z.unknown()),
});
export type BatchLine = z.infer<typeof BatchLine>;

const BatchError = z.object({
  code: z.string(),
  message: z.string(),
  param: z.string().nullable(),
  /** Of the input file, from 1; null where the file as a whole is at fault. */
  line: z.int().nullable(),
});
export type BatchError = z.infer<typeof BatchError>;

const time = z.int().nullable();

/** What `GET /v1/batches/:id` answers, as OpenAI's API does. Times are Unix seconds. */
export const BatchObject = z.object({
  id: z.string(),
  object: z.literal('batch'),
  endpoint: BatchEndpoint,
  errors: z.object({ object: z.literal('list'), data: z.array(BatchError) }).nullable(),
  input_file_id: z.string(),
  completion_window: z.string(),
  status: BatchStatus,
  output_file_id: z.string().nullable(),
  error_file_id: z.string().nullable(),
  created_at: z.int(),
  in_progress_at: time,
  expires_at: time,
  finalizing_at: time,
  completed_at: time,
  failed_at: time,
  expired_at: time,
  cancelling_at: time,
  cancelled_at: time,
  /** Lines; `failed` counts all that got no answer, for whatever reason. */
  request_counts: z.object({ total: z.int(), completed: z.int(), failed: z.int() }),
  metadata: z.record(z.string(), z.string()).nullable(),
});
export type BatchObject = z.infer<typeof BatchObject>;

export const BatchPage = z.object({
  object: z.literal('list'),
  data: z.array(BatchObject),
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
  has_more: z.boolean(),
});
export type BatchPage = z.infer<typeof BatchPage>;

/** Query of `GET /v1/batches`. */
export const BatchFilter = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  after: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'is not an id; take last_id of the page before')
    .optional(),
});
export type BatchFilter = z.infer<typeof BatchFilter>;

/** One line of an output or error file. */
export const BatchOutputLine = z.object({
  /** Of the line's job, or made from its number where it never became one. */
  id: z.string(),
  /** Null where the line could not be read so far. */
  custom_id: z.string().nullable(),
  /** Null where nothing was tried. */
  response: z
    .object({ status_code: z.int(), request_id: z.string(), body: z.record(z.string(), z.unknown()) })
    .nullable(),
  error: BatchError.nullable(),
});
export type BatchOutputLine = z.infer<typeof BatchOutputLine>;
