import type { Redis } from 'ioredis';
import type { JobEvent, LogKind } from '@gistpool/contracts';
import type { BullQueues } from './bull';
import { release } from './job-clock';
import { queueName, type Names } from './names';
import { requeue } from './requeue';
import { retryScript } from './scripts/retry';
import { requestStops, type StopOutcome } from './stops';
import type { CancelOutcome, JobOrders, LogLine, PauseOutcome, ResumeOutcome, RetryOutcome } from './types';

const CANCELS: Record<StopOutcome, CancelOutcome> = {
  done: 'cancelled',
  asked: 'cancelling',
  'already-ended': 'already-ended',
  'not-found': 'not-found',
};
const PAUSES: Record<StopOutcome, PauseOutcome> = {
  done: 'paused',
  asked: 'pausing',
  'already-ended': 'already-ended',
  'not-found': 'not-found',
};

/** States in which a job's place among others is still to be decided. */
const UNDECIDED = ['waiting', 'retrying', 'delayed', 'paused'];

export class RedisJobOrders implements JobOrders {
  constructor(
    private readonly redis: Redis,
    private readonly names: Names,
    private readonly bull: BullQueues,
    private readonly keepEventsMs: number,
  ) {}

  async cancel(id: string): Promise<CancelOutcome> {
    const [outcome = 'not-found'] = await this.cancelMany([id]);
    return outcome;
  }

  async cancelMany(ids: readonly string[]): Promise<CancelOutcome[]> {
    const { redis, names, bull, keepEventsMs } = this;
    const outcomes = await requestStops(redis, names, bull, ids, 'cancel', keepEventsMs);
    return outcomes.map((outcome) => CANCELS[outcome]);
  }

  async pause(id: string): Promise<PauseOutcome> {
    const { redis, names, bull, keepEventsMs } = this;
    const [outcome = 'not-found'] = await requestStops(redis, names, bull, [id], 'pause', keepEventsMs);
    return PAUSES[outcome];
  }

  async resume(id: string): Promise<ResumeOutcome> {
    const { redis, names, bull } = this;
    if ((await redis.exists(names.record(id))) === 0) return 'not-found';
    const [state = ''] = await release(redis, names, bull, [id], 'paused', Date.now());
    return state === '' ? 'not-paused' : state;
  }

  async retry(ids: readonly string[]): Promise<RetryOutcome[]> {
    if (ids.length === 0) return [];
    const { redis, names, bull } = this;
    const nowMs = Date.now();
    const event: JobEvent = { type: 'state', state: 'waiting', at_ms: nowMs };
    const outcomes = (await retryScript.run(
      redis,
      ids.flatMap((id) => [names.record(id), names.events(id), names.log(id)]),
      [names.prefix, nowMs, JSON.stringify(event), ...ids],
    )) as RetryOutcome[];
    await requeue(
      redis,
      names,
      bull,
      ids.filter((_, at) => outcomes[at] === 'retried'),
    );
    return outcomes;
  }

  /** A job that is fetched meanwhile goes by its old number this time. */
  async reprioritize(ids: readonly string[], priority: number): Promise<boolean[]> {
    const { redis, names, bull } = this;
    const reads = redis.pipeline();
    for (const id of ids) reads.hmget(names.record(id), 'state', 'model', 'tenant');
    const replies = ((await reads.exec()) ?? []).map(([error, reply]) => {
      if (error) throw error;
      return reply as (string | null)[];
    });
    const undecided = replies.map(([state]) => UNDECIDED.includes(state ?? ''));
    const writes = redis.pipeline();
    for (const [at, id] of ids.entries())
      if (undecided[at]) writes.hset(names.record(id), 'priority', String(priority));
    await writes.exec();
    await Promise.all(
      ids.map((id, at) => {
        const [state, model, tenant] = replies[at] ?? [];
        const isQueued = state === 'waiting' || state === 'retrying';
        if (!isQueued || !model || !tenant) return undefined;
        return bull.reprioritize(queueName(model, tenant), id, priority);
      }),
    );
    return undecided;
  }

  async log(id: string): Promise<{ lines: LogLine[]; dropped: number }> {
    const [lines, dropped] = await Promise.all([
      this.redis.lrange(this.names.log(id), 0, -1),
      this.redis.hget(this.names.record(id), 'logDropped'),
    ]);
    return { lines: lines.map(lineOf), dropped: Number(dropped ?? 0) };
  }
}

function lineOf(text: string): LogLine {
  const [at, kind, card, ...rest] = text.split(' ');
  return {
    atMs: Number(at),
    kind: kind as LogKind,
    card: card === '-' ? undefined : card,
    detail: rest.join(' ') || undefined,
  };
}
