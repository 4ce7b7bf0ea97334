import { JobRequest, MAX_BATCH_LINE_BYTES } from '@gistpool/contracts';
import { ApiError } from '../http/api-error';
import { decodeUtf8, parseJson } from '../http/json';
import { validate } from '../http/validate';
import type { Line } from './lines';

/** The request that a line holds; throws an ApiError that says why it holds none. */
export function requestOf(line: Line): JobRequest {
  if (line.kind === 'too-long') {
    const message = `the line has ${line.length} bytes; at most ${MAX_BATCH_LINE_BYTES} are taken`;
    throw new ApiError(400, 'line_too_long', message);
  }
  return validate(JobRequest, parseJson(decodeUtf8(line.bytes)));
}
