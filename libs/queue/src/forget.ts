import type { Redis } from 'ioredis';
import { TERMINAL_STATES } from '@gistpool/contracts';
import type { Names } from './names';

/** Finished jobs beyond this many, per final state, lose their records, oldest first: Redis memory has a bound. */
const KEPT_PER_STATE = 100_000;
const FORGET_AT_ONCE = 500;

export async function forgetOldJobs(redis: Redis, names: Names, kept = KEPT_PER_STATE): Promise<number> {
  let forgotten = 0;
  for (const state of TERMINAL_STATES) {
    const index = names.jobsInState(state);
    const excess = Math.min(FORGET_AT_ONCE, (await redis.zcard(index)) - kept);
    if (excess <= 0) continue;
    const ids = await redis.zrange(index, '0', String(excess - 1));
    const reads = redis.pipeline();
    for (const id of ids) reads.hmget(names.record(id), 'model', 'tenant', 'task', 'batch');
    const labels = (await reads.exec()) ?? [];
    const removals = redis.multi();
    for (const [at, id] of ids.entries()) {
      const [model, tenant, task, batch] = (labels[at]?.[1] ?? []) as (string | null)[];
      removals.del(names.record(id), names.events(id), names.checkpoint(id));
      removals.zrem(index, id).zrem(names.allJobs, id);
      if (model) removals.zrem(names.jobsOf('model', model), id);
      if (tenant) removals.zrem(names.jobsOf('tenant', tenant), id);
      if (task) removals.zrem(names.jobsOf('task', task), id);
      if (batch) removals.zrem(names.jobsOf('batch', batch), id);
    }
    await removals.exec();
    forgotten += ids.length;
  }
  return forgotten;
}
