import type { Redis } from 'ioredis';
import type { BullEntry, BullQueues } from './bull';
import type { Names } from './names';

const SWEEP_AT_ONCE = 1_000;

/**
 * A submit writes the record first, with an entry here, and then adds the BullMQ job. When its process dies in
 * between, the entry is left, and the leading scheduler adds the job. So a job that a client can see always runs;
 * an add that is repeated changes nothing, and one for a job that has ended is dropped when it is fetched.
 */
export async function sweepOutbox(
  redis: Redis,
  names: Names,
  bull: BullQueues,
  olderThanMs: number,
): Promise<number> {
  const ids = await redis.zrangebyscore(
    names.outbox,
    '-inf',
    Date.now() - olderThanMs,
    'LIMIT',
    0,
    SWEEP_AT_ONCE,
  );
  if (ids.length === 0) return 0;
  const reads = redis.pipeline();
  for (const id of ids) reads.hmget(names.record(id), 'model', 'tenant', 'priority', 'state');
  const entries = ((await reads.exec()) ?? []).flatMap(([error, reply], at): BullEntry[] => {
    if (error) throw error;
    const [model, tenant, priority, state] = reply as (string | null)[];
    const id = ids[at];
    if (id === undefined || !model || !tenant || state !== 'waiting') return [];
    return [{ id, model, tenant, priority: Number(priority ?? 0) }];
  });
  await bull.add(entries);
  await redis.zrem(names.outbox, ...ids);
  return entries.length;
}
