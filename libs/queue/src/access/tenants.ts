import type { Redis } from 'ioredis';
import { NO_QUOTAS, type Quotas, type TenantUsage } from '@gistpool/contracts';
import { closeRedis, openRedis } from '../connection';
import { namesFor, parseQueueName, type Names } from '../names';
import type { QueueConfig } from '../queue-config';

export interface TenantRecord {
  readonly name: string;
  /** Null: it was never set up, but has jobs. */
  readonly createdAtMs: number | null;
  readonly quotas: Quotas;
  readonly usage: { readonly today: TenantUsage; readonly last30Days: TenantUsage };
}

/** Who shares the pool, what each may do, and what each has used. */
export interface Tenants {
  /** False: there is one of that name already. */
  create(name: string, quotas: Partial<Quotas>): Promise<boolean>;
  /** Makes it when it is not there yet. */
  ensure(name: string): Promise<void>;
  /** False: there is none. */
  change(name: string, quotas: Partial<Quotas>): Promise<boolean>;
  get(name: string): Promise<TenantRecord | undefined>;
  /** By name; also those that were never set up and have, or had, jobs. */
  list(): Promise<TenantRecord[]>;
  close(): Promise<void>;
}

export const connectTenants = (config: QueueConfig): Tenants =>
  new RedisTenants(openRedis(config, 'tenants'), namesFor(config.prefix));

const DAYS = 30;
const DAY_MS = 86_400_000;

/** Days of UTC since 1970. */
export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);

type QuotaName = keyof Quotas;
const QUOTAS = Object.keys(NO_QUOTAS) as QuotaName[];

class RedisTenants implements Tenants {
  constructor(
    private readonly redis: Redis,
    private readonly names: Names,
  ) {}

  async create(name: string, quotas: Partial<Quotas>): Promise<boolean> {
    const isNew = (await this.redis.hsetnx(this.names.tenant(name), 'createdAtMs', String(Date.now()))) === 1;
    if (!isNew) return false;
    await this.redis.sadd(this.names.tenants, name);
    await this.write(name, quotas);
    return true;
  }

  async ensure(name: string): Promise<void> {
    await this.create(name, {});
  }

  async change(name: string, quotas: Partial<Quotas>): Promise<boolean> {
    if ((await this.get(name)) === undefined) return false;
    await this.ensure(name);
    await this.write(name, quotas);
    return true;
  }

  async get(name: string): Promise<TenantRecord | undefined> {
    const isKnown = (await this.known()).includes(name);
    return isKnown ? (await this.read([name]))[0] : undefined;
  }

  async list(): Promise<TenantRecord[]> {
    return this.read(await this.known());
  }

  async close(): Promise<void> {
    await closeRedis(this.redis);
  }

  private async known(): Promise<string[]> {
    const [setUp, queues] = await Promise.all([
      this.redis.smembers(this.names.tenants),
      this.redis.smembers(this.names.queues),
    ]);
    return [...new Set([...setUp, ...queues.map((queue) => parseQueueName(queue).tenant)])].toSorted();
  }

  private async write(name: string, quotas: Partial<Quotas>): Promise<void> {
    const step = this.redis.multi();
    for (const quota of QUOTAS) {
      const value = quotas[quota];
      if (value === null) step.hdel(this.names.tenant(name), quota);
      else if (value !== undefined) step.hset(this.names.tenant(name), quota, value);
    }
    await step.exec();
  }

  private async read(names: readonly string[]): Promise<TenantRecord[]> {
    const today = dayOf(Date.now());
    const reads = this.redis.pipeline();
    for (const name of names) {
      reads.hgetall(this.names.tenant(name));
      for (let day = today; day > today - DAYS; day -= 1) reads.hgetall(this.names.usage(name, day));
    }
    const replies = ((await reads.exec()) ?? []).map(([error, fields]) => {
      if (error) throw error;
      return fields as Record<string, string>;
    });
    return names.map((name, at) => {
      const [fields = {}, ...days] = replies.slice(at * (DAYS + 1), (at + 1) * (DAYS + 1));
      return {
        name,
        createdAtMs: fields['createdAtMs'] === undefined ? null : Number(fields['createdAtMs']),
        quotas: quotasOf(fields),
        usage: { today: sumOf(days.slice(0, 1)), last30Days: sumOf(days) },
      };
    });
  }
}

function quotasOf(fields: Readonly<Record<string, string>>): Quotas {
  const of = (name: QuotaName) => (fields[name] === undefined ? null : Number(fields[name]));
  return {
    requests_per_minute: of('requests_per_minute'),
    tokens_per_day: of('tokens_per_day'),
    kv_byte_seconds_per_day: of('kv_byte_seconds_per_day'),
  };
}

function sumOf(days: readonly Readonly<Record<string, string>>[]): TenantUsage {
  const sum = (field: string) => days.reduce((total, day) => total + Number(day[field] ?? 0), 0);
  return { jobs: sum('jobs'), tokens: sum('tokens'), kv_byte_seconds: sum('kvByteSeconds') };
}
