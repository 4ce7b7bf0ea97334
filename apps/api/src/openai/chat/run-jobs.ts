import { isTerminal, type JobEvent } from '@gistpool/contracts';
import type { NewJob } from '@gistpool/queue';
import { ApiError } from '../../http/api-error';
import type { Pool } from '../../pool';
import type { EndedJob } from '../answers/ended-job';

/** Follows a job to its end. Its answer, or the error that its client is told; undefined: the signal came first. */
export async function untilEnded(
  pool: Pool,
  { id }: NewJob,
  signal: AbortSignal,
  hear: (event: JobEvent) => Promise<void>,
): Promise<EndedJob | ApiError | undefined> {
  for await (const { event } of pool.jobs.events(id, '0-0', signal)) await hear(event);
  if (signal.aborted) return undefined;
  const [job, result] = await Promise.all([pool.jobs.get(id), pool.results.get(id)]);
  if (job === undefined || !isTerminal(job.state)) return failed('job_failed', `job ${id} is gone`);
  if (job.state === 'cancelled') return cancelled(id);
  const { failure, model, createdAtMs, usage } = job;
  if (failure !== undefined) return failed('job_failed', `job ${id}: ${failure.message} (${failure.code})`);
  if (result === undefined || usage === undefined)
    return failed('job_failed', `the result of job ${id} is not there any more`);
  return { id, model, createdAtMs, result, usage };
}

/** Whoever asks again asks for the same that has just failed. */
const failed = (code: 'job_failed', message: string): ApiError =>
  new ApiError(500, code, message, null, { 'x-should-retry': 'false' });

const cancelled = (id: string): ApiError =>
  new ApiError(409, 'job_cancelled', `job ${id} was cancelled`, null, { 'x-should-retry': 'false' });
