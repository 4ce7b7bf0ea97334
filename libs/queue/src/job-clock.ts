import type { Redis } from 'ioredis';
import type { JobEvent } from '@gistpool/contracts';
import type { BullQueues } from './bull';
import type { Names } from './names';
import { requeue } from './requeue';
import { releaseScript } from './scripts/release';
import { requestStops } from './stops';
import type { ResumeOutcome } from './types';

const AT_ONCE = 250;

/** What the clock does to jobs: delayed ones come due, and deadlines pass. The leading scheduler looks each round. */
export class JobClock {
  constructor(
    private readonly redis: Redis,
    private readonly names: Names,
    private readonly bull: BullQueues,
    private readonly keepEventsMs: number,
  ) {}

  async look(nowMs: number): Promise<{ due: number; expired: number }> {
    const { due: dueKey, deadlines } = this.names;
    const [due, late] = await Promise.all(
      [dueKey, deadlines].map((key) => this.redis.zrangebyscore(key, '-inf', nowMs, 'LIMIT', 0, AT_ONCE)),
    );
    const released = await release(this.redis, this.names, this.bull, due ?? [], 'delayed', nowMs);
    const { redis, names, bull, keepEventsMs } = this;
    const outcomes = await requestStops(redis, names, bull, late ?? [], 'expire', keepEventsMs);
    // A job that is gone has no deadline any more.
    const gone = (late ?? []).filter((_, at) => outcomes[at] === 'not-found');
    if (gone.length > 0) await this.redis.zrem(deadlines, ...gone);
    return { due: released.filter((state) => state === 'waiting').length, expired: outcomes.length };
  }
}

/** Lets jobs that are set aside wait for a place; '' for one that was not in that state. */
export async function release(
  redis: Redis,
  names: Names,
  bull: BullQueues,
  ids: readonly string[],
  from: 'delayed' | 'paused',
  nowMs: number,
): Promise<(Extract<ResumeOutcome, 'waiting' | 'delayed' | 'asked-off'> | '')[]> {
  if (ids.length === 0) return [];
  const events = (['waiting', 'delayed'] as const).map((state) =>
    JSON.stringify({ type: 'state', state, at_ms: nowMs } satisfies JobEvent),
  );
  const states = (await releaseScript.run(
    redis,
    ids.flatMap((id) => [names.record(id), names.events(id)]),
    [names.prefix, nowMs, from, ...events, ...ids],
  )) as Awaited<ReturnType<typeof release>>;
  await requeue(
    redis,
    names,
    bull,
    ids.filter((_, at) => states[at] === 'waiting'),
  );
  return states;
}
