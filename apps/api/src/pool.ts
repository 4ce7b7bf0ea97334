import { once } from 'node:events';
import type { Redis } from 'ioredis';
import type { BlobStore } from '@gistpool/blob';
import type { ApiConfig } from '@gistpool/config';
import {
  connectAudit,
  connectBatches,
  connectBulkOrders,
  connectFileIndex,
  connectFleet,
  connectIdempotency,
  connectJobs,
  connectKeys,
  connectMeter,
  connectModelBacklogs,
  connectPredictions,
  connectQueueOrders,
  connectRetention,
  connectTenants,
  connectTokenCounts,
  connectWebhooks,
  connectWhereabouts,
  queueConfigOf,
  type Audit,
  type Batches,
  type BulkOrders,
  type FileIndex,
  type Fleet,
  type Idempotency,
  type Jobs,
  type Keys,
  type Meter,
  type ModelBacklogs,
  type PredictionsReader,
  type QueueOrders,
  type Retention,
  type Tenants,
  type TokenCounts,
  type Webhooks,
  type Whereabouts,
} from '@gistpool/queue';
import type { Logger } from '@gistpool/telemetry';
import { QueueDirectory } from './board/queue-directory';
import { openApiRedis } from './redis';
import { Results } from './results';

const PING_MS = 1_000;

/** Everything outside this process: what is in Redis, and results and files in the blob store. */
export class Pool {
  readonly jobs: Jobs;
  readonly fleet: Fleet & { close(): Promise<void> };
  readonly tokenCounts: TokenCounts & { close(): Promise<void> };
  readonly predictions: PredictionsReader;
  readonly whereabouts: Whereabouts;
  readonly backlogs: ModelBacklogs;
  readonly results: Results;
  readonly files: FileIndex;
  readonly batches: Batches;
  readonly bulks: BulkOrders;
  readonly queueOrders: QueueOrders;
  readonly webhooks: Webhooks;
  readonly retention: Retention;
  readonly idempotency: Idempotency;
  readonly keys: Keys;
  readonly tenants: Tenants;
  readonly meter: Meter;
  readonly audit: Audit;
  /** How long a right to work on something lasts without being renewed. */
  readonly leaseMs: number;
  /** So many jobs of a batch's file wait or run at once. */
  readonly batchWindow: number;
  readonly queues: QueueDirectory;
  private readonly redis: Redis;

  constructor(
    config: ApiConfig,
    logger: Logger,
    readonly blobs: BlobStore,
  ) {
    const queueConfig = queueConfigOf(config, logger);
    this.redis = openApiRedis(config, logger);
    this.jobs = connectJobs(queueConfig);
    this.fleet = connectFleet(queueConfig);
    this.tokenCounts = connectTokenCounts(queueConfig);
    this.predictions = connectPredictions(queueConfig);
    this.whereabouts = connectWhereabouts(queueConfig);
    this.backlogs = connectModelBacklogs(queueConfig);
    this.files = connectFileIndex(queueConfig);
    this.batches = connectBatches(queueConfig);
    this.bulks = connectBulkOrders(queueConfig, this.jobs.orders);
    this.queueOrders = connectQueueOrders(queueConfig);
    this.webhooks = connectWebhooks(queueConfig);
    this.retention = connectRetention(queueConfig);
    this.idempotency = connectIdempotency(queueConfig);
    this.keys = connectKeys(queueConfig);
    this.tenants = connectTenants(queueConfig);
    this.meter = connectMeter(queueConfig);
    this.audit = connectAudit(queueConfig);
    this.leaseMs = queueConfig.leaseMs;
    this.batchWindow = config.GISTPOOL_BATCH_WINDOW;
    this.results = new Results(blobs);
    this.queues = new QueueDirectory(this.redis, config.GISTPOOL_REDIS_PREFIX);
  }

  /** False while a command would only wait for Redis to come back. */
  get isReachable(): boolean {
    return this.redis.status === 'ready';
  }

  /** Resolves when Redis is there, at the latest after `withinMs`. */
  async ready(withinMs: number): Promise<void> {
    if (this.isReachable) return;
    await once(this.redis, 'ready', { signal: AbortSignal.timeout(withinMs) }).catch(() => undefined);
  }

  /** Each thing without which no request can be served. */
  async missing(): Promise<string[]> {
    const answer = await Promise.race([
      this.isReachable ? this.redis.ping().catch((error: unknown) => String(error)) : 'no connection',
      new Promise<string>((resolve) =>
        setTimeout(resolve, PING_MS, `no answer within ${PING_MS} ms`).unref(),
      ),
    ]);
    return answer === 'PONG' ? [] : [`redis: ${answer}`];
  }

  async close(): Promise<void> {
    const { jobs, fleet, tokenCounts, predictions, whereabouts, backlogs, files, batches } = this;
    const { bulks, queueOrders, idempotency, webhooks, retention } = this;
    const reading = [fleet, tokenCounts, predictions, whereabouts, backlogs];
    const { keys, tenants, meter, audit } = this;
    const orders = [bulks, queueOrders, idempotency, webhooks, retention];
    const parts = [...reading, jobs, files, batches, ...orders, keys, tenants, meter, audit];
    await Promise.all(parts.map((part) => part.close()));
    this.redis.disconnect();
  }
}
