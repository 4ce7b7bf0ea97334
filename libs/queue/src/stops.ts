import type { Redis } from 'ioredis';
import type { JobEvent, JobFailure, JobState } from '@gistpool/contracts';
import type { BullQueues } from './bull';
import { queueName, type Names } from './names';
import { requestStopScript } from './scripts/request-stop';
import type { StopRequest } from './types';

/** `done`: it has come to that state. `asked`: whoever holds it is told. */
export type StopOutcome = 'done' | 'asked' | 'already-ended' | 'not-found';

const COMES_TO = { cancel: 'cancelled', expire: 'expired', pause: 'paused' } as const satisfies Record<
  StopRequest,
  JobState
>;

export const DEADLINE_PASSED: JobFailure = {
  code: 'deadline_passed',
  message: 'its deadline passed before it was done',
};

export async function requestStops(
  redis: Redis,
  names: Names,
  bull: BullQueues,
  ids: readonly string[],
  stop: StopRequest,
  keepEventsMs: number,
): Promise<StopOutcome[]> {
  if (ids.length === 0) return [];
  const reads = redis.pipeline();
  for (const id of ids) reads.hmget(names.record(id), 'model', 'tenant');
  const queues = ((await reads.exec()) ?? []).map(([error, reply]) => {
    if (error) throw error;
    const [model, tenant] = reply as (string | null)[];
    return model && tenant ? queueName(model, tenant) : '';
  });
  const nowMs = Date.now();
  const state = COMES_TO[stop];
  const event: JobEvent = { type: 'state', state, at_ms: nowMs };
  const outcomes = (await requestStopScript.run(
    redis,
    ids.flatMap((id, at) => [
      names.lock(queues[at] ?? '', id),
      names.record(id),
      names.events(id),
      names.checkpoint(id),
    ]),
    [
      names.prefix,
      nowMs,
      keepEventsMs,
      stop,
      state,
      JSON.stringify(event),
      stop === 'expire' ? JSON.stringify(DEADLINE_PASSED) : '',
      ...ids,
    ],
  )) as StopOutcome[];
  // The records say so; should this not happen, the scheduler drops the BullMQ jobs when it fetches them.
  await Promise.all(
    ids.map((id, at) => (outcomes[at] === 'done' ? bull.get(queues[at] ?? '').remove(id) : undefined)),
  );
  return outcomes;
}
