import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '@gistpool/queue';
import { Queue, Worker } from 'bullmq';

const QUEUE = 'plain';
const ADDED_AT_ONCE = 250;
const KEPT_FINISHED = { count: 1_000 };

/**
 * The peer of the dispatch benchmark: the same number of jobs that do nothing through BullMQ alone, as it comes. One queue,
 * one worker with as many jobs at once as the cards have slots, the same Redis settings. What our way takes beyond it is
 * what it does beyond it: a record that outlives the queue, events, an outbox, placement, ledger, leases.
 *
 * Returns jobs per second, from the first add to the last end.
 */
export async function plainQueue(jobs: number, concurrency: number): Promise<number> {
  const dir = await mkdtemp(join(tmpdir(), 'gistpool-plain-'));
  const redis = await startRedis({ dir: join(dir, 'redis') });
  const { hostname, port } = new URL(redis.url);
  const connection = { host: hostname, port: Number(port), maxRetriesPerRequest: null };
  const queue = new Queue(QUEUE, { connection });
  let ended = 0;
  let reached: () => void = () => undefined;
  const worker = new Worker(QUEUE, () => Promise.resolve(), { connection, concurrency, autorun: false });
  worker.on('completed', () => {
    ended += 1;
    if (ended === jobs) reached();
  });
  try {
    await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
    const all = new Promise<void>((resolve) => (reached = resolve));
    const beginMs = performance.now();
    const running = worker.run();
    for (let sent = 0; sent < jobs; sent += ADDED_AT_ONCE) {
      const count = Math.min(ADDED_AT_ONCE, jobs - sent);
      await queue.addBulk(
        Array.from({ length: count }, (_, at) => ({
          name: 'nothing',
          data: { model: 'idle', tenant: 'default' },
          opts: { jobId: `job_${sent + at}`, removeOnComplete: KEPT_FINISHED },
        })),
      );
    }
    await all;
    const seconds = (performance.now() - beginMs) / 1000;
    await worker.close();
    await running;
    return jobs / seconds;
  } finally {
    await worker.close();
    await queue.close();
    await redis.stop();
    await rm(dir, { recursive: true, force: true });
  }
}
