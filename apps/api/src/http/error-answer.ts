import { HttpException } from '@nestjs/common';
import { ApiError, unavailable } from './api-error';
import { MAX_JSON_BYTES } from './bodies';

/** What the client is told about an error; undefined for one that is a fault of ours. */
export function answerTo(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (isRedisAway(error))
    return unavailable(
      'the queue cannot be reached at the moment; nothing was stored, send the request again',
    );
  const status = error instanceof HttpException ? error.getStatus() : statusOf(error);
  switch (status) {
    case 404:
      return notFound();
    case 413:
      return new ApiError(
        413,
        'body_too_large',
        `the body is larger than ${MAX_JSON_BYTES} bytes, the most a single job may have`,
      );
    case 414:
      return new ApiError(404, 'not_found', 'there is nothing at an address of this length');
    case 415:
      return new ApiError(415, 'invalid_request', 'this content type is not taken here', 'content-type');
  }
  return status >= 400 && status < 500
    ? new ApiError(status, 'invalid_request', messageOf(error))
    : undefined;
}

export const notFound = (): ApiError => new ApiError(404, 'not_found', 'there is nothing at this address');

/** ioredis gave up on a command because there is no server to send it to. */
function isRedisAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    error.name === 'MaxRetriesPerRequestError' ||
    /^Connection is closed|ECONNREFUSED|ENOTFOUND/.test(error.message)
  );
}

function statusOf(error: unknown): number {
  return isObject(error) && typeof error['statusCode'] === 'number' ? error['statusCode'] : 500;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
