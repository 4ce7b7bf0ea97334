import { createHash } from 'node:crypto';
import { BatchLine, MAX_BATCH_LINE_BYTES, type BatchEndpoint, type JobRequest } from '@gistpool/contracts';
import type { Line } from '../../batch/lines';
import { ApiError, clip } from '../../http/api-error';
import { decodeUtf8, parseJson } from '../../http/json';
import { validate } from '../../http/validate';
import { askedBy } from '../requests/jobs-of';

/** A line of an input file: what it asks for, or why it asks for nothing that can be done. */
export interface InputLine {
  readonly number: number;
  /** Undefined: the line could not be read so far. */
  readonly customId: string | undefined;
  readonly asked: JobRequest | ApiError;
  readonly bytes: number;
}

/** Somebody who asks and does not wait comes after who waits. */
const BATCH_PRIORITY = 100;

/** Reads lines in their order: a custom_id counts from the first line that holds it. */
export class InputLines {
  private readonly lineOf = new Map<string, number>();

  constructor(
    private readonly endpoint: BatchEndpoint,
    private readonly tenant: string,
  ) {}

  read(line: Line): InputLine {
    let customId: string | undefined;
    const bytes = line.kind === 'bytes' ? line.bytes.length : line.length;
    try {
      const parsed = objectOf(line);
      customId = typeof parsed['custom_id'] === 'string' ? clip(parsed['custom_id'], 256) : undefined;
      const { custom_id, url, body } = validate(BatchLine, parsed);
      this.note(custom_id, line.number);
      if (url !== this.endpoint)
        throw new ApiError(400, 'invalid_request', `url: the batch is for ${this.endpoint}`, 'url');
      return {
        number: line.number,
        customId,
        asked: jobOf(this.endpoint, this.tenant, body, custom_id),
        bytes,
      };
    } catch (error) {
      if (error instanceof ApiError) return { number: line.number, customId, asked: error, bytes };
      throw error;
    }
  }

  private note(customId: string, line: number): void {
    // Of long ids only a digest is kept: there may be 50,000.
    const key = customId.length <= 40 ? customId : createHash('sha256').update(customId).digest('base64');
    const earlier = this.lineOf.get(key);
    if (earlier !== undefined)
      throw new ApiError(400, 'invalid_request', `custom_id: line ${earlier} has the same one`, 'custom_id');
    this.lineOf.set(key, line);
  }
}

function objectOf(line: Line): Record<string, unknown> {
  if (line.kind === 'too-long') {
    const message = `the line has ${line.length} bytes; at most ${MAX_BATCH_LINE_BYTES} are taken`;
    throw new ApiError(400, 'line_too_long', message);
  }
  const parsed = parseJson(decodeUtf8(line.bytes));
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new ApiError(400, 'invalid_request', 'the line: expected an object');
  return parsed as Record<string, unknown>;
}

/** A line has one answer, and that at its end. */
function jobOf(
  endpoint: BatchEndpoint,
  tenant: string,
  body: Record<string, unknown>,
  customId: string,
): JobRequest {
  const { jobs, isStream } = askedBy(endpoint, body, tenant);
  const unsupported = (name: string) =>
    new ApiError(400, 'unsupported_parameter', `body.${name} is not supported in a batch`, `body.${name}`);
  if (isStream) throw unsupported('stream');
  const [job] = jobs;
  if (job === undefined || jobs.length > 1) throw unsupported(Array.isArray(body['prompt']) ? 'prompt' : 'n');
  const gistpool = body['gistpool'];
  const hasPriority = typeof gistpool === 'object' && gistpool !== null && 'priority' in gistpool;
  return { ...job, custom_id: customId, ...(hasPriority ? {} : { priority: BATCH_PRIORITY }) };
}
