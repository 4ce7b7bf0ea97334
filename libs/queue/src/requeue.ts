import type { Redis } from 'ioredis';
import type { BullEntry, BullQueues } from './bull';
import { queueName, type Names } from './names';

/**
 * Puts jobs, whose records wait and have an outbox entry, into BullMQ's queues once more. What BullMQ knows of them from
 * before (they ended there, or were set aside) goes first. One that BullMQ still holds as active, since the last word about
 * it is under way, keeps its outbox entry: the sweep comes back to it.
 */
export async function requeue(
  redis: Redis,
  names: Names,
  bull: BullQueues,
  ids: readonly string[],
): Promise<void> {
  const entries = await entriesOf(redis, names, ids);
  const removed = await Promise.all(
    entries.map(({ id, model, tenant }) => bull.get(queueName(model, tenant)).remove(id)),
  );
  const free = entries.filter((_, at) => removed[at] === 1);
  await bull.add(free);
  if (free.length > 0) await redis.zrem(names.outbox, ...free.map(({ id }) => id));
  if (entries.length > 0) await redis.publish(names.changedChannel, '');
}

/** Of those that are there and wait. */
export async function entriesOf(redis: Redis, names: Names, ids: readonly string[]): Promise<BullEntry[]> {
  const reads = redis.pipeline();
  for (const id of ids) reads.hmget(names.record(id), 'model', 'tenant', 'priority', 'state');
  return ((await reads.exec()) ?? []).flatMap(([error, reply], at): BullEntry[] => {
    if (error) throw error;
    const [model, tenant, priority, state] = reply as (string | null)[];
    const id = ids[at];
    if (id === undefined || !model || !tenant || (state !== 'waiting' && state !== 'retrying')) return [];
    return [{ id, model, tenant, priority: Number(priority ?? 0) }];
  });
}
