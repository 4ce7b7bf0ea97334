import { Job, Queue, type JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from '@gistpool/telemetry';
import type { JobState } from '@gistpool/contracts';
import { queueName, type Names } from './names';

/** Finished BullMQ jobs kept per queue, for the queue board; the truth about a job is its record. */
const KEPT_FINISHED = { count: 1_000 };

/** What BullMQ keeps of a job: enough to recognise it on the queue board. */
export interface BullJobData {
  readonly model: string;
  readonly tenant: string;
}

export interface BullEntry {
  readonly id: string;
  readonly model: string;
  readonly tenant: string;
  readonly priority: number;
}

const JOB_NAME = 'reasoning';

/**
 * A job is added once and ends once: a lost worker makes it stall, which burns no attempt, and a failure is
 * final. Hence one attempt.
 */
const OPTIONS: JobsOptions = { attempts: 1, removeOnComplete: KEPT_FINISHED, removeOnFail: KEPT_FINISHED };
const noData: BullJobData = { model: '', tenant: '' };

/** BullMQ queues by name, all over one connection. */
export class BullQueues {
  private readonly queues = new Map<string, Queue<BullJobData>>();

  constructor(
    private readonly redis: Redis,
    private readonly names: Names,
    private readonly logger: Logger | undefined,
  ) {}

  get(name: string): Queue<BullJobData> {
    let queue = this.queues.get(name);
    if (queue === undefined) {
      queue = new Queue<BullJobData>(name, { connection: this.redis, prefix: this.names.bullPrefix });
      queue.on('error', (error) => this.logger?.warn({ queue: name, error: error.message }, 'bullmq'));
      this.queues.set(name, queue);
    }
    return queue;
  }

  /** Adding a job that is there already changes nothing. */
  async add(entries: readonly BullEntry[]): Promise<void> {
    const groups = new Map<string, BullEntry[]>();
    for (const entry of entries) {
      const name = queueName(entry.model, entry.tenant);
      const group = groups.get(name);
      if (group) group.push(entry);
      else groups.set(name, [entry]);
    }
    for (const [name, group] of groups) {
      await this.get(name).addBulk(
        group.map((entry) => ({
          name: JOB_NAME,
          data: { model: entry.model, tenant: entry.tenant },
          opts: { ...OPTIONS, jobId: entry.id, priority: entry.priority },
        })),
      );
    }
  }

  /** Tells BullMQ what the record already says. If this does not happen, the scheduler does it when the job stalls. */
  settle(name: string, id: string, token: string, state: JobState, reason?: string): Promise<void> {
    return settleJob(this.handle(name, id), token, state, reason);
  }

  async moveToWait(name: string, id: string, token: string): Promise<void> {
    await this.handle(name, id).moveToWait(token);
  }

  /** A job that waits is the next to be fetched; its priority is forgotten. */
  async moveToFront(name: string, id: string): Promise<void> {
    await this.handle(name, id).changePriority({ priority: 0, lifo: true });
  }

  /** Behind those that wait with the same number. One that is in no queue is left as it is. */
  async reprioritize(name: string, id: string, priority: number): Promise<void> {
    await this.handle(name, id)
      .changePriority({ priority })
      .catch((error: unknown) => this.logger?.debug({ job: id, error: String(error) }, 'it is in no queue'));
  }

  /** The job as its id and the options of every job say it is: it need not be read to be moved. */
  private handle(name: string, id: string): Job<BullJobData> {
    return new Job<BullJobData>(this.get(name), JOB_NAME, noData, OPTIONS, id);
  }

  async close(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
  }
}

export async function settleJob(job: Job, token: string, state: JobState, reason = ''): Promise<void> {
  if (state === 'failed') await job.moveToFailed(new Error(reason), token, false);
  else await job.moveToCompleted({ state }, token, false);
}
