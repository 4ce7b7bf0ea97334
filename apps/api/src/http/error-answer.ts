import { HttpException } from '@nestjs/common';
import { ApiError, unavailable } from './api-error';
import { MAX_JSON_BYTES } from './bodies';

/** What the client is told about an error; undefined for one that is a fault of ours. */
export function answerTo(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  switch (codeOf(error)) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ApiError(413, 'body_too_large', `the body is larger than ${MAX_JSON_BYTES} bytes, the limit of a single job`);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ApiError(415, 'invalid_request', 'this content type is not taken here', 'content-type');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new ApiError(400, 'invalid_request', 'the body is not as long as content-length says', 'content-length');
    case 'FST_ERR_BAD_URL':
      return new ApiError(400, 'invalid_request', 'the address is not a valid URL path');
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new ApiError(404, 'not_found', 'there is nothing at this address');
  }
  if (isRedisAway(error)) return unavailable('the queue cannot be reached at the moment; nothing was stored, send the request again');
  const status = error instanceof HttpException ? error.getStatus() : statusOf(error);
  if (status === 404) return new ApiError(404, 'not_found', 'there is nothing at this address');
  if (status >= 400 && status < 500) return new ApiError(status, 'invalid_request', messageOf(error));
  return undefined;
}

function codeOf(error: unknown): string {
  return isObject(error) && typeof error['code'] === 'string' ? error['code'] : '';
}

/** ioredis gave up on a command because there is no server to send it to. */
function isRedisAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'MaxRetriesPerRequestError' || /^Connection is closed|ECONNREFUSED|ENOTFOUND/.test(error.message);
}

function statusOf(error: unknown): number {
  return isObject(error) && typeof error['statusCode'] === 'number' ? error['statusCode'] : 500;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
