import type { Redis } from 'ioredis';
import { JOB_STATES, type JobEvent, type JobFilter, type JobState } from '@gistpool/contracts';
import { BullQueues } from './bull';
import { closeRedis, openRedis } from './connection';
import { EventFeed } from './event-feed';
import { countStates, oldestWaiting, predictedPeaks, readJobs, type CountedFields } from './job-figures';
import { listJobs } from './job-list';
import { assertJobId, namesFor, queueName, type Names } from './names';
import type { QueueConfig } from './queue-config';
import { fieldsOfNewJob, recordOf } from './record';
import { requestCancelScript } from './scripts/request-cancel';
import { submitScript } from './scripts/submit';
import { Subscriptions } from './subscriptions';
import type { CancelOutcome, JobRecord, Jobs, NewJob, StoredEvent } from './types';

/** The events of a job that has ended can still be read for so long. */
export const KEEP_EVENTS_MS = 15 * 60_000;

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

  constructor(config: QueueConfig) {
    this.names = namesFor(config.prefix);
    this.redis = openRedis(config, 'jobs');
    this.bull = new BullQueues(this.redis, this.names, config.logger);
    this.subscriptions = new Subscriptions(config, 'jobs');
    this.feed = new EventFeed(this.redis, this.names, this.subscriptions);
  }

  async submit(jobs: readonly NewJob[]): Promise<void> {
    for (const job of jobs) assertJobId(job.id);
    for (const chunk of chunksOf(jobs)) {
      await this.record(chunk);
      await this.bull.add(chunk);
      await this.redis.zrem(this.names.outbox, ...chunk.map((job) => job.id));
      await this.redis.publish(this.names.changedChannel, '');
    }
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

  async cancel(id: string): Promise<CancelOutcome> {
    const [model, tenant] = await this.redis.hmget(this.names.record(id), 'model', 'tenant');
    if (!model || !tenant) return 'not-found';
    const queue = queueName(model, tenant);
    const nowMs = Date.now();
    const event: JobEvent = { type: 'state', state: 'cancelled', at_ms: nowMs };
    const outcome = (await requestCancelScript.run(
      this.redis,
      [this.names.lock(queue, id), this.names.record(id), this.names.events(id), this.names.checkpoint(id)],
      [this.names.prefix, id, nowMs, KEEP_EVENTS_MS, JSON.stringify(event)],
    )) as CancelOutcome;
    // The record has ended; should this not happen, the scheduler drops the BullMQ job when it fetches it.
    if (outcome === 'cancelled') await this.bull.get(queue).remove(id);
    return outcome;
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
      waiting: count('waiting', 'retrying'),
      running: count('placed', 'thinking', 'answering'),
      completed: count('completed'),
      failed: count('failed'),
      cancelled: count('cancelled'),
    };
  }

  async close(): Promise<void> {
    await this.bull.close();
    await this.subscriptions.close();
    await closeRedis(this.redis);
  }

  private async record(jobs: readonly NewJob[]): Promise<void> {
    const nowMs = Date.now();
    const event: JobEvent = { type: 'state', state: 'waiting', at_ms: nowMs };
    const args: (string | number)[] = [this.names.prefix, nowMs, JSON.stringify(event), jobs.length];
    for (const job of jobs) {
      const fields = fieldsOfNewJob(job);
      const indexes = [
        this.names.allJobs,
        this.names.jobsOf('model', job.model),
        this.names.jobsOf('tenant', job.tenant),
        ...(job.task === undefined ? [] : [this.names.jobsOf('task', job.task)]),
        ...(job.batch === undefined ? [] : [this.names.jobsOf('batch', job.batch)]),
      ];
      args.push(job.id, queueName(job.model, job.tenant), fields.length);
      for (const [field, value] of fields) args.push(field, value);
      args.push(indexes.length, ...indexes);
    }
    await submitScript.run(this.redis, [this.names.sequence, this.names.outbox, this.names.queues], args);
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
