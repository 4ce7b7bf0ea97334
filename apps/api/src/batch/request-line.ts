import { JobRequest, MAX_BATCH_LINE_BYTES } from '@gistpool/contracts';
import type { Caller } from '../access/caller';
import { inTenantOf } from '../access/tenant-of';
import { ApiError } from '../http/api-error';
import { decodeUtf8, parseJson } from '../http/json';
import { validate } from '../http/validate';
import type { Line } from './lines';

/** The request that a line holds; throws an ApiError that says why it holds none. */
export function requestOf(caller: Caller, line: Line): JobRequest {
  if (line.kind === 'too-long') {
    const message = `the line has ${line.length} bytes; at most ${MAX_BATCH_LINE_BYTES} are taken`;
    throw new ApiError(400, 'line_too_long', message);
  }
  return validate(JobRequest, inTenantOf(caller, parseJson(decodeUtf8(line.bytes))));
}
