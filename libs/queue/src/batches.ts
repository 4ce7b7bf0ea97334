import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { WEBHOOK_EVENTS, type BatchFilter, type BatchStatus } from '@gistpool/contracts';
import { batchRecordOf, toFields, type BatchFields, type BatchRecord, type NewBatch } from './batch-record';
import { BatchLines } from './batch-lines';
import { closeRedis, openRedis } from './connection';
import { readIds } from './id-pages';
import { namesFor, type Names } from './names';
import type { QueueConfig } from './queue-config';
import { holdBatchScript, releaseBatchScript } from './scripts/batch-lease';
import { moveBatchScript } from './scripts/move-batch';

/** Batches made from files: what is known of them, and which of their lines have come to an end. */
export interface Batches {
  readonly lines: BatchLines;
  /** One that is there already is left as it is. */
  create(batch: NewBatch): Promise<void>;
  get(id: string): Promise<BatchRecord | undefined>;
  /** Newest first, of one tenant or of all. */
  list(filter: BatchFilter, tenant?: string): Promise<{ batches: BatchRecord[]; hasMore: boolean }>;
  /** To `to`, if it is in one of `from`; false: it is in another status. */
  move(id: string, from: readonly BatchStatus[], to: BatchStatus, fields?: BatchFields): Promise<boolean>;
  set(id: string, fields: BatchFields): Promise<void>;
  /** Those that somebody must work on, ended ones included until everything of theirs is tidy. */
  open(): Promise<string[]>;
  /** One process at a time works on a batch; the right to it must be renewed within a lease. */
  hold(id: string): Promise<boolean>;
  release(id: string): Promise<void>;
  /** It has ended: its counts are final, and what is known line by line goes. */
  settle(id: string): Promise<void>;
  close(): Promise<void>;
}

export const connectBatches = (config: QueueConfig): Batches => new RedisBatches(config);

class RedisBatches implements Batches {
  readonly lines: BatchLines;
  private readonly redis: Redis;
  private readonly names: Names;
  private readonly owner = randomUUID();

  constructor(private readonly config: QueueConfig) {
    this.redis = openRedis(config, 'batches');
    this.names = namesFor(config.prefix);
    this.lines = new BatchLines(this.redis, this.names);
  }

  async create(batch: NewBatch): Promise<void> {
    const { batches, batchesOf, openBatches, batch: keyOf } = this.names;
    if ((await this.redis.exists(keyOf(batch.id))) === 1) return;
    await this.redis
      .multi()
      .hset(keyOf(batch.id), {
        spec: JSON.stringify(batch),
        status: 'validating',
        'at:validating': batch.createdAtMs,
        ...(batch.webhook && { webhookEvents: (batch.webhook.events ?? WEBHOOK_EVENTS).join(' ') }),
      })
      .zadd(batches, 0, batch.id)
      .zadd(batchesOf(batch.tenant), 0, batch.id)
      .sadd(openBatches, batch.id)
      .exec();
  }

  async get(id: string): Promise<BatchRecord | undefined> {
    const [fields, counts] = await Promise.all([
      this.redis.hgetall(this.names.batch(id)),
      this.lines.counts(id),
    ]);
    return batchRecordOf(fields, counts);
  }

  async list(
    { limit, after }: BatchFilter,
    tenant?: string,
  ): Promise<{ batches: BatchRecord[]; hasMore: boolean }> {
    const index = tenant === undefined ? this.names.batches : this.names.batchesOf(tenant);
    const ids = await readIds(this.redis, index, { limit: limit + 1, order: 'desc', after });
    const found = await Promise.all(ids.slice(0, limit).map((id) => this.get(id)));
    return { batches: found.filter((batch) => batch !== undefined), hasMore: ids.length > limit };
  }

  async move(
    id: string,
    from: readonly BatchStatus[],
    to: BatchStatus,
    fields: BatchFields = {},
  ): Promise<boolean> {
    const args = [Date.now(), id, to, from.length, ...from, ...toFields(fields).flat()];
    const keys = [this.names.batch(id), this.names.webhooksEnded];
    return (await moveBatchScript.run(this.redis, keys, args)) === 1;
  }

  async set(id: string, fields: BatchFields): Promise<void> {
    await this.redis.hset(this.names.batch(id), ...toFields(fields).flat());
  }

  open(): Promise<string[]> {
    return this.redis.smembers(this.names.openBatches);
  }

  async hold(id: string): Promise<boolean> {
    const reply = await holdBatchScript.run(
      this.redis,
      [this.names.batchLease(id)],
      [this.owner, this.config.leaseMs],
    );
    return reply === 1;
  }

  async release(id: string): Promise<void> {
    await releaseBatchScript.run(this.redis, [this.names.batchLease(id)], [this.owner]);
  }

  async settle(id: string): Promise<void> {
    const { completed, failed } = await this.lines.counts(id);
    const key = this.names.batch(id);
    // The counts of the sets go into the hash only once: a repeated settle finds the sets gone.
    await this.redis
      .multi()
      .hsetnx(key, 'completed', String(completed))
      .hsetnx(key, 'failed', String(failed))
      .del(...this.lines.keys(id))
      .srem(this.names.openBatches, id)
      .exec();
  }

  async close(): Promise<void> {
    await closeRedis(this.redis);
  }
}
