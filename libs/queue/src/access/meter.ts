import type { Redis } from 'ioredis';
import { closeRedis, openRedis } from '../connection';
import { namesFor, type Names } from '../names';
import type { QueueConfig } from '../queue-config';
import { admitScript } from '../scripts/admit';
import { dayOf } from './tenants';

interface Allowance {
  /** Null: no limit. */
  readonly limit: number | null;
  readonly remaining: number;
  /** Until all of it is there again. */
  readonly resetMs: number;
}

/** Whether a tenant may ask for work now, and how much is left of what it may. */
export interface Admission {
  /** `ok`, or which limit is reached. */
  readonly outcome: 'ok' | 'requests' | 'tokens' | 'kv_byte_seconds';
  /** After so long it may be asked again; 0 when it was admitted. */
  readonly retryMs: number;
  readonly requests: Allowance;
  readonly tokens: Allowance;
  readonly kvByteSeconds: Allowance;
}

/** Holds tenants to their quotas: one atomic step in Redis, so that any number of apis count together. */
export interface Meter {
  /** Counts one request, unless a limit is reached. */
  admit(tenant: string): Promise<Admission>;
  /** Whether the day's tokens or byte-seconds are used up; counts nothing. */
  look(tenant: string): Promise<Admission>;
  close(): Promise<void>;
}

export const connectMeter = (config: QueueConfig): Meter =>
  new RedisMeter(openRedis(config, 'meter'), namesFor(config.prefix));

const OUTCOMES = ['ok', 'requests', 'tokens', 'kv_byte_seconds'] as const;
const DAY_MS = 86_400_000;

class RedisMeter implements Meter {
  constructor(
    private readonly redis: Redis,
    private readonly names: Names,
  ) {}

  admit(tenant: string): Promise<Admission> {
    return this.ask(tenant, 1);
  }

  look(tenant: string): Promise<Admission> {
    return this.ask(tenant, 0);
  }

  async close(): Promise<void> {
    await closeRedis(this.redis);
  }

  private async ask(tenant: string, requests: 0 | 1): Promise<Admission> {
    const nowMs = Date.now();
    const untilTomorrowMs = DAY_MS - (nowMs % DAY_MS);
    const { names } = this;
    const reply = (await admitScript.run(
      this.redis,
      [names.tenant(tenant), names.requestBucket(tenant), names.usage(tenant, dayOf(nowMs))],
      [nowMs, requests],
    )) as number[];
    const [outcome = 0, waitMs = 0, perMinute = 0, left = 0, fullMs = 0, ...day] = reply.map(Number);
    const [tokens = 0, tokensUsed = 0, bytes = 0, bytesUsed = 0] = day;
    const ofDay = (limit: number, used: number): Allowance => ({
      limit: limit === 0 ? null : limit,
      remaining: Math.max(0, limit - used),
      resetMs: untilTomorrowMs,
    });
    const named = OUTCOMES[outcome] ?? 'ok';
    return {
      outcome: named,
      retryMs: named === 'ok' ? 0 : named === 'requests' ? waitMs : untilTomorrowMs,
      requests: { limit: perMinute === 0 ? null : perMinute, remaining: left, resetMs: fullMs },
      tokens: ofDay(tokens, tokensUsed),
      kvByteSeconds: ofDay(bytes, bytesUsed),
    };
  }
}
