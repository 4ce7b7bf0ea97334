import type { Redis } from 'ioredis';
import { closeRedis, openRedis } from './connection';
import { readPlacements } from './fleet';
import { namesFor, parseQueueName, queueName, type Names } from './names';
import { readOutlinesAtWork, type JobOutline } from './outline';
import type { QueueConfig } from './queue-config';
import type { JobRecord, Placement } from './types';

/** How far back the times that jobs took are looked up. */
const RECENT_JOBS = 64;

/** A waiting job among those of its model. */
export interface Standing {
  /** In the queue of its tenant, from 1; undefined while it is on its way from one place to another. */
  readonly position: number | undefined;
  /** Jobs of its model that wait, its own among them. */
  readonly waiting: readonly { readonly tenant: string; readonly jobs: number }[];
}

/** Where jobs are, for those who only look. */
export interface Whereabouts {
  /** Per card, what was placed on it and has not ended. */
  placements(cards: readonly string[]): Promise<Map<string, Placement[]>>;
  /** Those that are gone or have ended are left out. */
  outlines(jobIds: readonly string[]): Promise<JobOutline[]>;
  standing(job: JobPlace): Promise<Standing>;
  /** From placement to end, of the jobs of the model among those that completed last. */
  recentRunsMs(model: string): Promise<number[]>;
  close(): Promise<void>;
}

export function connectWhereabouts(config: QueueConfig): Whereabouts {
  const redis = openRedis(config, 'whereabouts');
  const names = namesFor(config.prefix);
  return {
    placements: (cards) => readPlacements(redis, names, cards),
    outlines: (jobIds) => readOutlinesAtWork(redis, names, jobIds),
    standing: (job) => readStanding(redis, names, job),
    recentRunsMs: (model) => readRecentRuns(redis, names, model),
    close: () => closeRedis(redis),
  };
}

type JobPlace = Pick<JobRecord, 'id' | 'model' | 'tenant'>;

/** Read in one step, since a job must not be seen on its way from the queue into the scheduler's hand. */
async function readStanding(redis: Redis, names: Names, { id, model, tenant }: JobPlace): Promise<Standing> {
  const own = queueName(model, tenant);
  const queues = (await redis.smembers(names.queues)).filter((name) => parseQueueName(name).model === model);
  const step = redis
    .multi()
    .lpos(names.waiting(own), id)
    .zrank(names.prioritized(own), id)
    .lrange(names.active(own), 0, -1);
  for (const queue of [own, ...queues]) step.llen(names.waiting(queue)).zcard(names.prioritized(queue));
  const replies = ((await step.exec()) ?? []).map(([, reply]) => reply);
  const [fromEnd, rank, active, unordered] = replies as [number | null, number | null, string[], number];
  const sizeAt = (at: number) => Number(replies[3 + 2 * at]) + Number(replies[4 + 2 * at]);

  const fetched = await unplacedOf(redis, names, active);
  const inHand = fetched.indexOf(id);
  let position = inHand < 0 ? undefined : inHand + 1;
  // The list is taken from its end, and before the ordered set.
  if (fromEnd !== null) position = fetched.length + unordered - fromEnd;
  else if (rank !== null) position = fetched.length + unordered + rank + 1;
  const others = queues
    .map((name, at) => ({ name, tenant: parseQueueName(name).tenant, jobs: sizeAt(1 + at) }))
    .filter(({ name, jobs }) => name !== own && jobs > 0)
    .map(({ name: _, ...rest }) => rest);
  return { position, waiting: [{ tenant, jobs: fetched.length + sizeAt(0) }, ...others] };
}

/** Of a queue's active jobs those that the scheduler has fetched and not placed, in the order in which it asks them. */
async function unplacedOf(redis: Redis, names: Names, active: readonly string[]): Promise<string[]> {
  const reads = redis.pipeline();
  for (const id of active) reads.hmget(names.record(id), 'state', 'priority', 'createdAtMs');
  const replies = (await reads.exec()) ?? [];
  return active
    .map((id, at) => {
      const [state, priority, createdAtMs] = (replies[at]?.[1] ?? []) as (string | null)[];
      return { id, state, priority: Number(priority), createdAtMs: Number(createdAtMs) };
    })
    .filter(({ state }) => state === 'waiting' || state === 'retrying')
    .sort((a, b) => a.priority - b.priority || a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1))
    .map(({ id }) => id);
}

async function readRecentRuns(redis: Redis, names: Names, model: string): Promise<number[]> {
  const ids = await redis.zrevrange(names.jobsInState('completed'), 0, RECENT_JOBS - 1);
  const reads = redis.pipeline();
  for (const id of ids) reads.hmget(names.record(id), 'model', 'placedAtMs', 'finishedAtMs');
  return ((await reads.exec()) ?? []).flatMap(([error, reply]) => {
    if (error) throw error;
    const [of, placedAtMs, finishedAtMs] = reply as (string | null)[];
    return of === model && placedAtMs && finishedAtMs ? [Number(finishedAtMs) - Number(placedAtMs)] : [];
  });
}
