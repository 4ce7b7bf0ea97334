import type { Redis } from 'ioredis';
import { Gauge, type Registry } from 'prom-client';
import type { Names } from '@gistpool/queue';

/** Of what lies in Redis: how much it is, and how long the oldest waiting job has been there. */
export class RedisMetrics {
  private readonly memory: Gauge;
  private readonly memoryLimit: Gauge;
  private readonly oldest: Gauge;

  constructor(
    private readonly redis: Redis,
    private readonly names: Names,
    registry: Registry,
  ) {
    const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
    this.memory = gauge('gistpool_redis_memory_bytes', 'Memory that Redis uses.');
    this.memoryLimit = gauge('gistpool_redis_memory_limit_bytes', 'Its maxmemory; 0 = it has none.');
    this.oldest = gauge(
      'gistpool_oldest_waiting_job_age_seconds',
      'Time since the submit of the oldest job that waits, handed back or retried ones among them; 0 = none waits.',
    );
  }

  async refresh(nowMs = Date.now()): Promise<void> {
    const [info, oldestMs] = await Promise.all([this.redis.info('memory'), this.oldestWaitingMs()]);
    const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
    this.memory.set(field('used_memory'));
    this.memoryLimit.set(field('maxmemory'));
    this.oldest.set(oldestMs === undefined ? 0 : Math.max(0, nowMs - oldestMs) / 1000);
  }

  forget(): void {
    for (const gauge of [this.memory, this.memoryLimit, this.oldest]) gauge.reset();
  }

  /** The indexes of states are in the order of submits. */
  private async oldestWaitingMs(): Promise<number | undefined> {
    const firsts = await Promise.all(
      (['waiting', 'retrying'] as const).map((state) =>
        this.redis.zrange(this.names.jobsInState(state), '0', '0'),
      ),
    );
    const submitted = await Promise.all(
      firsts.flat().map((id) => this.redis.hget(this.names.record(id), 'createdAtMs')),
    );
    const times = submitted.filter((at) => at !== null).map(Number);
    return times.length === 0 ? undefined : Math.min(...times);
  }
}
