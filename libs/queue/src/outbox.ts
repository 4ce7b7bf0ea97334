import type { Redis } from 'ioredis';
import type { BullQueues } from './bull';
import { queueName, type Names } from './names';
import { entriesOf } from './requeue';

const SWEEP_AT_ONCE = 1_000;

/**
 * A submit writes the record first, with an entry here, and then adds the BullMQ job. When its process dies in
 * between, the entry is left, and the leading scheduler adds the job. So a job that a client can see always runs;
 * an add that is repeated changes nothing, and one for a job that has ended is dropped when it is fetched.
 * A job that is to wait once more goes the same way; one that BullMQ has as active still keeps its entry until it is not.
 */
export async function sweepOutbox(
  redis: Redis,
  names: Names,
  bull: BullQueues,
  olderThanMs: number,
): Promise<number> {
  // Redis' own clock wrote them: those of an api and of a scheduler may differ by hours.
  const [seconds] = await redis.time();
  const ids = await redis.zrangebyscore(
    names.outbox,
    '-inf',
    Number(seconds) * 1000 - olderThanMs,
    'LIMIT',
    0,
    SWEEP_AT_ONCE,
  );
  if (ids.length === 0) return 0;
  const entries = await entriesOf(redis, names, ids);
  const states = await Promise.all(
    entries.map(({ id, model, tenant }) => bull.get(queueName(model, tenant)).getJobState(id)),
  );
  const isIn = (...wanted: string[]) => entries.filter((_, at) => wanted.includes(states[at] ?? ''));
  const ended = isIn('completed', 'failed');
  await Promise.all(ended.map(({ id, model, tenant }) => bull.get(queueName(model, tenant)).remove(id)));
  const added = [...isIn('unknown'), ...ended];
  await bull.add(added);
  const active = new Set(isIn('active').map(({ id }) => id));
  const done = ids.filter((id) => !active.has(id));
  if (done.length > 0) await redis.zrem(names.outbox, ...done);
  return added.length;
}
