import type { Redis } from 'ioredis';
import type { QueueState } from './dispatch-port';
import { parseQueueName, type Names } from './names';

/** Queues that have jobs waiting, by name. */
export async function readQueues(redis: Redis, names: Names): Promise<QueueState[]> {
  const queues = await redis.smembers(names.queues);
  const reads = redis.pipeline();
  for (const queue of queues) reads.llen(names.waiting(queue)).zcard(names.prioritized(queue));
  const replies = (await reads.exec()) ?? [];
  const sizeAt = (at: number) => Number(replies[at]?.[1] ?? 0);
  return queues
    .map((name, at) => ({ name, ...parseQueueName(name), waiting: sizeAt(2 * at) + sizeAt(2 * at + 1) }))
    .filter((queue) => queue.waiting > 0)
    .sort((a, b) => a.name.localeCompare(b.name));
}
