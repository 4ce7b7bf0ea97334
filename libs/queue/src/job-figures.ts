import type { Redis } from 'ioredis';
import { JOB_STATES, type JobFilter, type JobState } from '@gistpool/contracts';
import type { Names } from './names';
import { recordOf } from './record';
import type { JobRecord } from './types';

const READ_AT_ONCE = 500;

/** The peak each job was promised when it was placed; before, its upper bound. Jobs that are not there are left out. */
export async function predictedPeaks(
  redis: Redis,
  names: Names,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const peaks = new Map<string, number>();
  for (let from = 0; from < ids.length; from += READ_AT_ONCE) {
    const some = ids.slice(from, from + READ_AT_ONCE);
    const reads = redis.pipeline();
    for (const id of some) reads.hmget(names.record(id), 'promisedPeakCells', 'predictedPeakCells');
    for (const [at, [error, reply]] of ((await reads.exec()) ?? []).entries()) {
      if (error) throw error;
      const [promised, bound] = reply as (string | null)[];
      const [id, cells] = [some[at], promised ?? bound];
      if (id !== undefined && cells) peaks.set(id, Number(cells));
    }
  }
  return peaks;
}

/** The jobs of these ids that are there, in the order of the ids. */
export async function readJobs(redis: Redis, names: Names, ids: readonly string[]): Promise<JobRecord[]> {
  const reads = redis.pipeline();
  for (const id of ids) reads.hgetall(names.record(id));
  return ((await reads.exec()) ?? []).flatMap(([error, fields]) => {
    if (error) throw error;
    return recordOf(fields as Record<string, string>) ?? [];
  });
}

export type CountedFields = Pick<JobFilter, 'model' | 'task' | 'tenant' | 'tag' | 'batch'>;

/** Jobs in each state, of those that the filter leaves. Redis intersects the indexes itself; no record is read. */
export async function countStates(
  redis: Redis,
  names: Names,
  filter: CountedFields,
): Promise<Record<JobState, number>> {
  const indexes = (['model', 'task', 'tenant', 'tag', 'batch'] as const).flatMap((field) =>
    filter[field] === undefined ? [] : [names.jobsOf(field, filter[field])],
  );
  const counts = redis.pipeline();
  for (const state of JOB_STATES) {
    const keys = [names.jobsInState(state), ...indexes];
    if (indexes.length === 0) counts.zcard(names.jobsInState(state));
    else counts.zintercard(keys.length, ...keys);
  }
  const replies = (await counts.exec()) ?? [];
  return Object.fromEntries(
    JOB_STATES.map((state, at) => {
      const [error, count] = replies[at] ?? [null, 0];
      if (error) throw error;
      return [state, Number(count)];
    }),
  ) as Record<JobState, number>;
}

/** The job that was submitted first of all that wait. */
export async function oldestWaiting(
  redis: Redis,
  names: Names,
): Promise<{ id: string; createdAtMs: number } | undefined> {
  const [waiting, retrying] = await Promise.all(
    (['waiting', 'retrying'] as const).map((state) => redis.zrange(names.jobsInState(state), '0', '0')),
  );
  const jobs = await readJobs(redis, names, [...(waiting ?? []), ...(retrying ?? [])]);
  return jobs.toSorted((a, b) => a.createdAtMs - b.createdAtMs)[0];
}
