import { z } from 'zod';

export const ERROR_CODES = [
  'invalid_json',
  'invalid_request',
  'line_too_long',
  'body_too_large',
  'unknown_model',
  'does_not_fit',
  'job_not_found',
  'job_ended',
  'not_retriable',
  'bulk_not_found',
  'idempotency_key_reused',
  'idempotency_key_in_use',
  'webhook_refused',
  'card_not_found',
  'file_not_found',
  'file_in_use',
  'batch_not_found',
  'batch_cancelled',
  'batch_expired',
  'model_not_found',
  'unsupported_parameter',
  'job_failed',
  'job_cancelled',
  'not_found',
  'invalid_api_key',
  'forbidden',
  'key_not_found',
  'tenant_not_found',
  'already_exists',
  'too_many_requests',
  'rate_limit_exceeded',
  'insufficient_quota',
  'unavailable',
  'internal',
] as const;

/** Body of every 4xx and 5xx, under the key `error`. */
export const ApiErrorBody = z.object({
  code: z.enum(ERROR_CODES),
  message: z.string(),
  /** The parameter at fault, as a dotted path. */
  param: z.string().nullable(),
});
export type ApiErrorBody = z.infer<typeof ApiErrorBody>;
export type ErrorCode = ApiErrorBody['code'];
