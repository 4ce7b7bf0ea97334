import type { BatchEndpoint, BatchError, BatchOutputLine } from '@gistpool/contracts';
import type { JobRecord, LineEnd } from '@gistpool/queue';
import type { Results } from '../../results';
import { completionOf } from '../answers/completion';
import { stopError, type Stop } from './batch-error';
import type { OpenLine } from './open-blocks';

interface Ended {
  readonly endpoint: BatchEndpoint;
  readonly line: OpenLine;
  readonly end: LineEnd | undefined;
  readonly job: JobRecord | undefined;
  readonly result: Awaited<ReturnType<Results['get']>>;
  readonly refusal: BatchError | undefined;
  /** Why jobs were cancelled. */
  readonly stop: Stop | undefined;
}

/** What becomes of a line in the output file (no error) or in the error file. */
export function outputLineOf(ended: Ended): BatchOutputLine {
  const { endpoint, line, job, result, end } = ended;
  const id = line.jobId ?? `line_${line.number}`;
  const head = { id, custom_id: line.customId ?? null };
  if (end === 'completed' && job?.usage !== undefined && result !== undefined) {
    const { model, createdAtMs, usage } = job;
    const body = completionOf(endpoint, [{ id, model, createdAtMs, result, usage }]);
    return { ...head, response: { status_code: 200, request_id: id, body: { ...body } }, error: null };
  }
  const { status, error } = failureOf(ended);
  if (status === undefined) return { ...head, response: null, error };
  const type = status >= 500 ? 'server_error' : 'invalid_request_error';
  const { line: _line, ...answer } = error;
  return {
    ...head,
    response: { status_code: status, request_id: id, body: { error: { ...answer, type } } },
    error,
  };
}

/** `status`: that which a single request would have been answered with. */
function failureOf({ line, end, job, refusal, stop }: Ended): { status?: number; error: BatchError } {
  const { number } = line;
  if (refusal?.code === 'batch_cancelled' || refusal?.code === 'batch_expired') return { error: refusal };
  if (refusal !== undefined) return { status: refusal.code === 'does_not_fit' ? 422 : 400, error: refusal };
  if (end === 'cancelled')
    return { error: stop === undefined ? cancelledAlone(number) : stopError(stop, number) };
  const { code, message } = job?.failure ?? {
    code: 'internal',
    message: 'the result of this line is not there any more',
  };
  return { status: 500, error: { code, message, param: null, line: number } };
}

const cancelledAlone = (line: number): BatchError => ({
  code: 'job_cancelled',
  message: 'The job of this line was cancelled.',
  param: null,
  line,
});
