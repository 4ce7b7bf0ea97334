import { randomUUID } from 'node:crypto';
import { createRedisBackend, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { BullJobData } from './bull';
import type { Names } from './names';
import type { QueueConfig } from './queue-config';

/** A job that stalls was let down by a worker of ours; when that is enough, the scheduler says so, not BullMQ. */
const NEVER_FAIL_FOR_STALLING = 1_000_000_000;

/** A BullMQ job under a lease of the caller's. */
export interface ActiveJob {
  readonly id: string;
  readonly token: string;
  readonly bullJob: Job<BullJobData>;
}

/** The consuming side of BullMQ's queues, by name, over one connection. */
export class BullWorkers {
  private readonly workers = new Map<string, Worker<BullJobData>>();

  constructor(
    private readonly redis: Redis,
    private readonly names: Names,
    private readonly config: QueueConfig,
    /** Begins every token. */
    private readonly owner: string,
  ) {}

  /** Up to so many jobs. Asked for all at once: a round trip each would be most of the time. */
  async activate(queue: string, count: number): Promise<ActiveJob[]> {
    const worker = this.get(queue);
    const asked = Array.from({ length: count }, async (): Promise<ActiveJob | undefined> => {
      const token = `${this.owner}:${randomUUID()}`;
      const bullJob = await worker.getNextJob(token, { block: false });
      return bullJob?.id === undefined ? undefined : { id: bullJob.id, token, bullJob };
    });
    return (await Promise.all(asked)).filter((job) => job !== undefined);
  }

  /** Puts back the jobs whose lease ran out; answers their ids. */
  async moveStalledJobsToWait(queue: string): Promise<string[]> {
    return this.get(queue).getBackend().moveStalledJobsToWait();
  }

  async close(): Promise<void> {
    await Promise.all([...this.workers.values()].map((worker) => worker.close(true)));
  }

  /** A BullMQ worker without a processor, and without the second connection that only its own loop would need. */
  private get(queue: string): Worker<BullJobData> {
    let worker = this.workers.get(queue);
    if (worker === undefined) {
      worker = new Worker<BullJobData>(
        queue,
        null,
        {
          connection: this.redis,
          prefix: this.names.bullPrefix,
          autorun: false,
          lockDuration: this.config.leaseMs,
          // Two looks without a renewal in between make a job stalled; BullMQ skips a look that comes sooner.
          stalledInterval: Math.max(1, Math.floor(this.config.leaseMs / 4)),
          maxStalledCount: NEVER_FAIL_FOR_STALLING,
        },
        (name, options) => createRedisBackend(name, options),
      );
      worker.on('error', (error) => this.config.logger?.warn({ queue, error: error.message }, 'bullmq'));
      this.workers.set(queue, worker);
    }
    return worker;
  }
}
