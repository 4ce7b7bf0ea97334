import type { Redis } from 'ioredis';
import type { QueueState, WaitingHead } from './dispatch-port';
import { parseQueueName, type Names } from './names';
import { waitingHeadsScript } from './scripts/waiting-heads';

/** BullMQ orders by priority * 2^32 + a counter. */
const PRIORITY_STEP = 2 ** 32;

/** Queues that have jobs waiting, by name. */
export async function readQueues(redis: Redis, names: Names): Promise<QueueState[]> {
  const queues = await redis.smembers(names.queues);
  const reads = redis.pipeline();
  for (const queue of queues) {
    const ordered = names.prioritized(queue);
    reads.llen(names.waiting(queue)).zcard(ordered).zrange(ordered, '0', '0', 'WITHSCORES');
  }
  const replies = ((await reads.exec()) ?? []).map(([, reply]) => reply);
  return queues
    .map((name, at): QueueState => {
      const [unordered, ordered] = [Number(replies[3 * at]), Number(replies[3 * at + 1])];
      const [, score = '0'] = (replies[3 * at + 2] ?? []) as string[];
      // What has no order is fetched first.
      const priority = unordered > 0 ? 0 : Math.floor(Number(score) / PRIORITY_STEP);
      return { name, ...parseQueueName(name), waiting: unordered + ordered, priority };
    })
    .filter((queue) => queue.waiting > 0)
    .sort((a, b) => a.name.localeCompare(b.name));
}

export async function readWaitingHeads(redis: Redis, names: Names, queue: string): Promise<WaitingHead[]> {
  const heads = (await waitingHeadsScript.run(
    redis,
    [names.prioritized(queue)],
    [names.prefix, PRIORITY_STEP],
  )) as (string | null)[][];
  return heads.flatMap(([jobId, tenant, priority, createdAtMs, cells]): WaitingHead[] =>
    jobId && tenant
      ? [
          {
            jobId,
            tenant,
            priority: Number(priority),
            createdAtMs: Number(createdAtMs),
            cells: Number(cells),
          },
        ]
      : [],
  );
}
