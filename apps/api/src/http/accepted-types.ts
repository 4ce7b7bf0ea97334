import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { ApiError, clip } from './api-error';

export const JSON_TYPES = ['application/json'] as const;
export const BATCH_TYPES = [
  'application/x-ndjson',
  'application/jsonl',
  'text/plain',
  'application/octet-stream',
] as const;

export const FORM_TYPES = ['multipart/form-data'] as const;

const ACCEPTED: Readonly<Record<string, readonly string[]>> = {
  'POST /v1/jobs': JSON_TYPES,
  'POST /v1/jobs/batch': BATCH_TYPES,
  'POST /v1/jobs/cancel': JSON_TYPES,
  'POST /v1/jobs/retry': JSON_TYPES,
  'POST /v1/jobs/reprioritize': JSON_TYPES,
  'POST /v1/queues/pause': JSON_TYPES,
  'POST /v1/queues/resume': JSON_TYPES,
  'POST /v1/files': FORM_TYPES,
  'POST /v1/batches': JSON_TYPES,
  'POST /v1/chat/completions': JSON_TYPES,
  'POST /v1/completions': JSON_TYPES,
  'POST /v1/session': JSON_TYPES,
  'POST /v1/keys': JSON_TYPES,
  'POST /v1/tenants': JSON_TYPES,
  'PATCH /v1/tenants/:name': JSON_TYPES,
};

/** Refuses a body of the wrong kind before a byte of it is read. */
export function refuseOtherTypes(
  request: FastifyRequest,
  _reply: FastifyReply,
  done: HookHandlerDoneFunction,
): void {
  const accepted = ACCEPTED[`${request.method} ${request.routeOptions.url}`];
  const given = mediaType(request.headers['content-type']);
  if (accepted === undefined || accepted.includes(given)) return done();
  const was =
    given === '' ? 'the request has no content type' : `content type ${clip(given, 80)} is not taken here`;
  done(new ApiError(415, 'invalid_request', `${was}; send ${list(accepted)}`, 'content-type'));
}

const mediaType = (header: string | undefined): string =>
  (header?.split(';', 1)[0] ?? '').trim().toLowerCase();

const list = (types: readonly string[]): string =>
  types.length === 1 ? types.join('') : `${types.slice(0, -1).join(', ')} or ${types.at(-1)}`;
