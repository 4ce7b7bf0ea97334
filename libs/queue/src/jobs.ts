import type { Redis } from 'ioredis';
import { JOB_STATES, type JobEvent, type JobFilter, type JobState } from '@gistpool/contracts';
import { BullQueues } from './bull';
import { closeRedis, openRedis } from './connection';
import { keepEventsMsOf } from './keep-events';
import { EventFeed } from './event-feed';
import { countStates, oldestWaiting, predictedPeaks, readJobs, type CountedFields } from './job-figures';
import { listJobs } from './job-list';
import { RedisJobOrders } from './job-orders';
import { assertJobId, namesFor, queueName, type Names } from './names';
import type { QueueConfig } from './queue-config';
import { fieldsOfNewJob, recordOf } from './record';
import { submitScript } from './scripts/submit';
import { Subscriptions } from './subscriptions';
import type { CancelOutcome, JobRecord, Jobs, NewJob, StoredEvent } from './types';

const SUBMIT_AT_ONCE = 250;
const SUBMIT_BYTES_AT_ONCE = 8 * 1024 * 1024;

export function connectJobs(config: QueueConfig): Jobs {
  return new RedisJobs(config);
}

class RedisJobs implements Jobs {
  private readonly redis: Redis;
  private readonly names: Names;
  private readonly bull: BullQueues;
  private readonly subscriptions: Subscriptions;
  private readonly feed: EventFeed;
  readonly orders: RedisJobOrders;

  constructor(config: QueueConfig) {
    this.names = namesFor(config.prefix);
    this.redis = openRedis(config, 'jobs');
    this.bull = new BullQueues(this.redis, this.names, config.logger);
    this.orders = new RedisJobOrders(this.redis, this.names, this.bull, keepEventsMsOf(config));
    this.subscriptions = new Subscriptions(config, 'jobs');
    this.feed = new EventFeed(this.redis, this.names, this.subscriptions);
  }

  async submit(jobs: readonly NewJob[]): Promise<string[]> {
    for (const job of jobs) assertJobId(job.id);
    const known: string[] = [];
    for (const chunk of chunksOf(jobs)) {
      const nowMs = Date.now();
      const ids = await this.record(chunk, nowMs);
      known.push(...ids);
      const ready = chunk.filter(({ id, notBeforeMs = 0 }, at) => ids[at] === id && !(notBeforeMs > nowMs));
      if (ready.length === 0) continue;
      await this.bull.add(ready);
      await this.redis.zrem(this.names.outbox, ...ready.map((job) => job.id));
      await this.redis.publish(this.names.changedChannel, '');
    }
    return known;
  }

  async get(id: string): Promise<JobRecord | undefined> {
    return recordOf(await this.redis.hgetall(this.names.record(id)));
  }

  async tenantOf(id: string): Promise<string | undefined> {
    return (await this.redis.hget(this.names.record(id), 'tenant')) ?? undefined;
  }

  getMany(ids: readonly string[]): Promise<JobRecord[]> {
    return readJobs(this.redis, this.names, ids);
  }

  predictedPeaks(ids: readonly string[]): Promise<Map<string, number>> {
    return predictedPeaks(this.redis, this.names, ids);
  }

  states(filter: CountedFields): Promise<Record<JobState, number>> {
    return countStates(this.redis, this.names, filter);
  }

  oldestWaiting(): Promise<{ id: string; createdAtMs: number } | undefined> {
    return oldestWaiting(this.redis, this.names);
  }

  list(filter: JobFilter): Promise<{ jobs: JobRecord[]; nextCursor: string | null }> {
    return listJobs(this.redis, this.names, filter);
  }

  cancel(id: string): Promise<CancelOutcome> {
    return this.orders.cancel(id);
  }

  events(id: string, afterId: string, signal: AbortSignal): AsyncIterable<StoredEvent> {
    return this.feed.follow(id, afterId, signal);
  }

  async counts() {
    const sizes = this.redis.pipeline();
    for (const state of JOB_STATES) sizes.zcard(this.names.jobsInState(state));
    const replies = (await sizes.exec()) ?? [];
    const count = (...states: (typeof JOB_STATES)[number][]) =>
      states.reduce((sum, state) => sum + Number(replies[JOB_STATES.indexOf(state)]?.[1] ?? 0), 0);
    return {
      delayed: count('delayed'),
      paused: count('paused'),
      waiting: count('waiting', 'retrying'),
      running: count('placed', 'thinking', 'answering'),
      completed: count('completed'),
      failed: count('failed'),
      cancelled: count('cancelled'),
      expired: count('expired'),
    };
  }

  async close(): Promise<void> {
    await this.bull.close();
    await this.subscriptions.close();
    await closeRedis(this.redis);
  }

  private async record(jobs: readonly NewJob[], nowMs: number): Promise<string[]> {
    const [waiting, delayed] = (['waiting', 'delayed'] as const).map((state) =>
      JSON.stringify({ type: 'state', state, at_ms: nowMs } satisfies JobEvent),
    );
    const args: (string | number)[] = [this.names.prefix, nowMs, waiting ?? '', delayed ?? '', jobs.length];
    for (const job of jobs) {
      const fields = fieldsOfNewJob(job);
      const { dedupeKey, tenant, notBeforeMs, deadlineMs, tags = [] } = job;
      const indexes = [
        this.names.allJobs,
        this.names.jobsOf('model', job.model),
        this.names.jobsOf('tenant', tenant),
        ...(job.task === undefined ? [] : [this.names.jobsOf('task', job.task)]),
        ...(job.batch === undefined ? [] : [this.names.jobsOf('batch', job.batch)]),
        ...tags.map((tag) => this.names.jobsOf('tag', tag)),
      ];
      const dedupe = dedupeKey === undefined ? '' : this.names.dedupe(tenant, dedupeKey);
      args.push(job.id, queueName(job.model, tenant), dedupe, notBeforeMs ?? '', deadlineMs ?? '');
      args.push(fields.length);
      for (const [field, value] of fields) args.push(field, value);
      args.push(indexes.length, ...indexes);
    }
    const keys = [this.names.sequence, this.names.outbox, this.names.queues];
    return (await submitScript.run(this.redis, keys, args)) as string[];
  }
}

/** Small enough that one chunk neither holds Redis up nor fills the send buffer. */
function* chunksOf(jobs: readonly NewJob[]): Generator<NewJob[]> {
  let chunk: NewJob[] = [];
  let bytes = 0;
  for (const job of jobs) {
    const size = job.messages.reduce((sum, message) => sum + message.content.length, 0);
    if (chunk.length === SUBMIT_AT_ONCE || (chunk.length > 0 && bytes + size > SUBMIT_BYTES_AT_ONCE)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(job);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
