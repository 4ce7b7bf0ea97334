import type { Redis } from 'ioredis';
import { TERMINAL_STATES } from '@gistpool/contracts';
import type { Names } from './names';

const FORGET_AT_ONCE = 500;

export interface Kept {
  /** Ended jobs of each final state that keep their records. */
  readonly jobs: number;
  /** Those that ended before have none, either; Unix milliseconds. */
  readonly sinceMs?: number;
}

/** Takes the records of a bounded number of ended jobs, those that were submitted first; answers whose. */
export async function forgetOldJobs(redis: Redis, names: Names, kept: Kept): Promise<string[]> {
  const forgotten: string[] = [];
  for (const state of TERMINAL_STATES) {
    const index = names.jobsInState(state);
    const excess = (await redis.zcard(index)) - kept.jobs;
    const looksBack = kept.sinceMs !== undefined;
    const looked = looksBack ? FORGET_AT_ONCE : Math.min(FORGET_AT_ONCE, excess);
    if (looked <= 0) continue;
    const ids = await redis.zrange(index, '0', String(looked - 1));
    const reads = redis.pipeline();
    for (const id of ids)
      reads.hmget(names.record(id), 'model', 'tenant', 'task', 'batch', 'tags', 'finishedAtMs');
    const labels = ((await reads.exec()) ?? []).map(([, reply]) => (reply ?? []) as (string | null)[]);
    const removals = redis.multi();
    for (const [at, id] of ids.entries()) {
      const [model, tenant, task, batch, tags, finishedAtMs] = labels[at] ?? [];
      const isOld = kept.sinceMs !== undefined && Number(finishedAtMs ?? 0) < kept.sinceMs;
      if (at >= excess && !isOld) continue;
      removals.del(
        names.record(id),
        names.events(id),
        names.checkpoint(id),
        names.log(id),
        names.deliveries(id),
      );
      removals.zrem(index, id).zrem(names.allJobs, id);
      if (model) removals.zrem(names.jobsOf('model', model), id);
      if (tenant) removals.zrem(names.jobsOf('tenant', tenant), id);
      if (task) removals.zrem(names.jobsOf('task', task), id);
      if (batch) removals.zrem(names.jobsOf('batch', batch), id);
      for (const tag of tags ? (JSON.parse(tags) as string[]) : [])
        removals.zrem(names.jobsOf('tag', tag), id);
      forgotten.push(id);
    }
    await removals.exec();
  }
  return forgotten;
}
