import type { Redis } from 'ioredis';
import { namesFor, type Names } from '@gistpool/queue';

/** The BullMQ queues of the pool: one per model and tenant, from the first job on. */
export class QueueDirectory {
  readonly names: Names;

  constructor(
    readonly redis: Redis,
    prefix: string,
  ) {
    this.names = namesFor(prefix);
  }

  async list(): Promise<string[]> {
    return (await this.redis.smembers(this.names.queues)).toSorted();
  }

  async depths(): Promise<{ queue: string; waiting: number }[]> {
    const queues = await this.list();
    const reads = this.redis.pipeline();
    for (const queue of queues) {
      reads.llen(this.names.waiting(queue));
      reads.zcard(this.names.prioritized(queue));
    }
    const replies = (await reads.exec()) ?? [];
    const number = (at: number) => Number(replies[at]?.[1] ?? 0);
    return queues.map((queue, i) => ({ queue, waiting: number(2 * i) + number(2 * i + 1) }));
  }
}
