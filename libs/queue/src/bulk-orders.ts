import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { isTerminal, type BulkAction, type BulkFilter, type JobState } from '@gistpool/contracts';
import { closeRedis, openRedis } from './connection';
import { readJobs } from './job-figures';
import { listJobs } from './job-list';
import { namesFor, type Names } from './names';
import type { QueueConfig } from './queue-config';
import { holdBatchScript, releaseBatchScript } from './scripts/batch-lease';
import type { JobOrders, JobRecord } from './types';

/** Jobs that are looked at in one piece. */
const PIECE = 250;
/** What is known of a bulk order that is done. */
const KEPT_MS = 24 * 3_600_000;

/** A bulk order and how far it has come. Times are Unix milliseconds. */
export interface BulkOrder {
  readonly id: string;
  readonly action: BulkAction;
  readonly filter: BulkFilter;
  readonly priority?: number;
  readonly createdAtMs: number;
  /** Number of the job that was submitted last before it. */
  readonly newest: number;
  /** Where the next piece begins, as a cursor of the list; null: it is done. Newer jobs than it are left out. */
  readonly cursor: string | null;
  /** Of several states, which is looked through: an index each, since other jobs may be many. */
  readonly stateAt: number;
  readonly matched: number;
  readonly changed: number;
  readonly skipped: number;
  readonly states: Readonly<Partial<Record<JobState, number>>>;
}

/** Orders about many jobs, done in bounded pieces, each of which may be repeated: what is done already is skipped. */
export interface BulkOrders {
  begin(order: Pick<BulkOrder, 'id' | 'action' | 'filter' | 'priority'>): Promise<BulkOrder>;
  /** One piece more. A dry run looks and changes nothing. */
  goOn(order: BulkOrder, options: { isDry: boolean }): Promise<BulkOrder>;
  save(order: BulkOrder): Promise<void>;
  get(id: string): Promise<BulkOrder | undefined>;
  /** Those that are not done. */
  open(): Promise<string[]>;
  hold(id: string): Promise<boolean>;
  release(id: string): Promise<void>;
  close(): Promise<void>;
}

export const connectBulkOrders = (config: QueueConfig, orders: JobOrders): BulkOrders =>
  new RedisBulkOrders(config, orders);

class RedisBulkOrders implements BulkOrders {
  private readonly redis: Redis;
  private readonly names: Names;
  private readonly owner = randomUUID();

  constructor(
    private readonly config: QueueConfig,
    private readonly orders: JobOrders,
  ) {
    this.redis = openRedis(config, 'bulk');
    this.names = namesFor(config.prefix);
  }

  async begin(order: Pick<BulkOrder, 'id' | 'action' | 'filter' | 'priority'>): Promise<BulkOrder> {
    const newest = Number((await this.redis.get(this.names.sequence)) ?? 0);
    const counts = { stateAt: 0, matched: 0, changed: 0, skipped: 0, states: {} };
    return { ...order, createdAtMs: Date.now(), newest, cursor: String(newest + 1), ...counts };
  }

  async goOn(order: BulkOrder, { isDry }: { isDry: boolean }): Promise<BulkOrder> {
    if (order.cursor === null) return order;
    const { jobs, nextCursor } = await this.piece(order);
    const matched = jobs.filter((job) => matches(order, job));
    const ids = matched.map(({ id }) => id);
    const changed = isDry
      ? matched.filter((job) => isChangeable(order.action, job)).length
      : await this.change(order, ids);
    const states: Partial<Record<JobState, number>> = { ...order.states };
    for (const { state } of matched) states[state] = (states[state] ?? 0) + 1;
    return {
      ...order,
      ...following(order, nextCursor),
      matched: order.matched + matched.length,
      changed: order.changed + changed,
      skipped: order.skipped + matched.length - changed,
      states,
    };
  }

  async save(order: BulkOrder): Promise<void> {
    const isDone = order.cursor === null;
    const write = this.redis.multi();
    if (isDone) write.set(this.names.bulk(order.id), JSON.stringify(order), 'PX', KEPT_MS);
    else write.set(this.names.bulk(order.id), JSON.stringify(order));
    if (isDone) write.srem(this.names.openBulks, order.id);
    else write.sadd(this.names.openBulks, order.id);
    await write.exec();
  }

  async get(id: string): Promise<BulkOrder | undefined> {
    const text = await this.redis.get(this.names.bulk(id));
    return text === null ? undefined : (JSON.parse(text) as BulkOrder);
  }

  open(): Promise<string[]> {
    return this.redis.smembers(this.names.openBulks);
  }

  async hold(id: string): Promise<boolean> {
    const args = [this.owner, this.config.leaseMs];
    return (await holdBatchScript.run(this.redis, [this.names.bulkLease(id)], args)) === 1;
  }

  async release(id: string): Promise<void> {
    await releaseBatchScript.run(this.redis, [this.names.bulkLease(id)], [this.owner]);
  }

  async close(): Promise<void> {
    await closeRedis(this.redis);
  }

  private async piece({
    filter,
    cursor,
    stateAt,
  }: BulkOrder): Promise<{ jobs: JobRecord[]; nextCursor: string | null }> {
    const { ids, state, older_than_ms: _older, younger_than_ms: _younger, ...named } = filter;
    if (ids !== undefined) {
      const jobs = await this.recordsOf(ids);
      return { jobs, nextCursor: null };
    }
    const only = state === undefined ? undefined : [state].flat()[stateAt];
    const asked = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
    return listJobs(this.redis, this.names, {
      ...asked,
      ...(only === undefined ? {} : { state: only }),
      limit: PIECE,
      ...(cursor === null ? {} : { cursor }),
    });
  }

  private async recordsOf(ids: readonly string[]): Promise<JobRecord[]> {
    return readJobs(this.redis, this.names, [...new Set(ids)]);
  }

  /** How many it changed. */
  private async change({ action, priority = 0 }: BulkOrder, ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0;
    if (action === 'cancel') {
      const outcomes = await this.orders.cancelMany(ids);
      return outcomes.filter((outcome) => outcome === 'cancelled' || outcome === 'cancelling').length;
    }
    if (action === 'retry')
      return (await this.orders.retry(ids)).filter((outcome) => outcome === 'retried').length;
    return (await this.orders.reprioritize(ids, priority)).filter(Boolean).length;
  }
}

/** Where the piece after this one begins. */
function following(
  { filter: { state, ids }, stateAt, newest }: BulkOrder,
  nextCursor: string | null,
): Pick<BulkOrder, 'cursor' | 'stateAt'> {
  const isLast = state === undefined || ids !== undefined || stateAt + 1 >= [state].flat().length;
  if (nextCursor !== null || isLast) return { cursor: nextCursor, stateAt };
  return { cursor: String(newest + 1), stateAt: stateAt + 1 };
}

/** What the list does not decide. */
function matches({ filter, createdAtMs }: BulkOrder, job: JobRecord): boolean {
  const { state, older_than_ms: older, younger_than_ms: younger, ids } = filter;
  const ageMs = createdAtMs - job.createdAtMs;
  if (state !== undefined && ![state].flat().includes(job.state)) return false;
  if (older !== undefined && ageMs < older) return false;
  if (younger !== undefined && ageMs > younger) return false;
  if (ids === undefined) return true;
  // Jobs that are named by id are not looked up by an index.
  const { model, task, tenant, tag, batch } = filter;
  return (
    (model === undefined || job.model === model) &&
    (task === undefined || job.task === task) &&
    (tenant === undefined || job.tenant === tenant) &&
    (batch === undefined || job.batch === batch) &&
    (tag === undefined || (job.tags ?? []).includes(tag))
  );
}

function isChangeable(action: BulkAction, { state, messages, line }: JobRecord): boolean {
  if (action === 'cancel') return !isTerminal(state);
  if (action === 'retry')
    return isTerminal(state) && state !== 'completed' && line === undefined && messages.length > 0;
  return ['waiting', 'retrying', 'delayed', 'paused'].includes(state);
}
