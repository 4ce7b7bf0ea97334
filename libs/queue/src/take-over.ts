import type { Redis } from 'ioredis';
import type { BullQueues } from './bull';
import type { Names } from './names';

/**
 * Puts back what a leader before had fetched and not placed, without waiting for those leases to run out. Only the
 * leader calls this, before it fetches: an unplaced job that is active can be nobody else's, and whoever thinks so
 * finds its token refused.
 */
export async function freeFetchedJobs(redis: Redis, names: Names, bull: BullQueues): Promise<void> {
  for (const queue of await redis.smembers(names.queues)) {
    const ids = await redis.lrange(names.active(queue), 0, -1);
    const reads = redis.pipeline();
    for (const id of ids) reads.hget(names.record(id), 'state').get(names.lock(queue, id));
    const replies = (await reads.exec()) ?? [];
    const unplaced = ids.flatMap((id, at) => {
      const [state, token] = [replies[2 * at]?.[1], replies[2 * at + 1]?.[1]];
      const isUnplaced = state === 'waiting' || state === 'retrying';
      return isUnplaced && typeof token === 'string' ? [{ id, token }] : [];
    });
    // One that BullMQ refuses was given back meanwhile, or its lease ran out: it comes by itself.
    await Promise.allSettled(unplaced.map(({ id, token }) => bull.moveToWait(queue, id, token)));
  }
}
