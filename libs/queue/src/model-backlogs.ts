import type { Redis } from 'ioredis';
import type { CardLane } from '@gistpool/core';
import type { CardView } from '@gistpool/contracts';
import { readCardShapes } from './card-shapes';
import { closeRedis, openRedis } from './connection';
import { readPlacements } from './fleet';
import { namesFor, parseQueueName, type Names } from './names';
import { readOutlines, type JobOutline } from './outline';
import { readPausedQueues } from './paused-queues';
import type { QueueConfig } from './queue-config';
import type { Placement } from './types';

/** Waiting jobs of a model that are looked at one by one; of more a sample stands for all. */
const SAMPLED_JOBS = 256;

/** What there is to do of one model at one moment. */
export interface ModelBacklog {
  /** Jobs that have no place: in their queues, or in the scheduler's hand. */
  readonly waiting: number;
  /** Some of them, from all over the queues in proportion. */
  readonly sample: readonly JobOutline[];
  readonly running: readonly RunningJobOutline[];
}

export interface RunningJobOutline {
  readonly outline: JobOutline;
  readonly placement: Placement;
  readonly card: string;
}

export interface ModelBacklogs {
  /** By model; one that has nothing to do may be missing. */
  read(cards: readonly CardView[]): Promise<Map<string, ModelBacklog>>;
  /** By model: the lanes of the card that announced itself last, be it here or gone. */
  cardShapes(): Promise<Map<string, CardLane[]>>;
  close(): Promise<void>;
}

export function connectModelBacklogs(config: QueueConfig): ModelBacklogs {
  const redis = openRedis(config, 'backlogs');
  const names = namesFor(config.prefix);
  return {
    read: (cards) => readBacklogs(redis, names, cards),
    cardShapes: () => readCardShapes(redis, names),
    close: () => closeRedis(redis),
  };
}

interface QueueContents {
  readonly name: string;
  readonly model: string;
  /** In the list, which is fetched first, and in the ordered set. */
  readonly listed: number;
  readonly ordered: number;
  readonly active: readonly string[];
}

async function readBacklogs(
  redis: Redis,
  names: Names,
  cards: readonly CardView[],
): Promise<Map<string, ModelBacklog>> {
  const queues = await readQueueContents(redis, names);
  // Read after the queues: what was placed in between is seen in both and told apart by its placement.
  const placements = await readPlacements(
    redis,
    names,
    cards.map(({ card }) => card),
  );
  const placed = [...placements].flatMap(([card, all]) => all.map((placement) => ({ card, placement })));
  const placedIds = new Set(placed.map(({ placement }) => placement.jobId));
  const unplaced = queues.flatMap(({ active }) => active).filter((id) => !placedIds.has(id));
  const sampled = await sampleIds(redis, names, queues);
  const known = await outlinesOf(redis, names, [...placedIds, ...unplaced, ...sampled]);

  const backlogs = new Map<string, { waiting: number; sample: JobOutline[]; running: RunningJobOutline[] }>();
  const of = (model: string) => {
    const backlog = backlogs.get(model) ?? { waiting: 0, sample: [], running: [] };
    backlogs.set(model, backlog);
    return backlog;
  };
  for (const { model, listed, ordered } of queues) of(model).waiting += listed + ordered;
  for (const id of sampled) {
    const outline = known.get(id);
    if (outline) of(outline.model).sample.push(outline);
  }
  for (const id of unplaced) {
    const outline = known.get(id);
    if (!outline) continue;
    of(outline.model).waiting += 1;
    of(outline.model).sample.push(outline);
  }
  for (const { card, placement } of placed) {
    const outline = known.get(placement.jobId);
    if (outline) of(outline.model).running.push({ outline, placement, card });
  }
  return backlogs;
}

/** In one step, since a job must not be seen on its way from a queue into the scheduler's hand. */
async function readQueueContents(redis: Redis, names: Names): Promise<QueueContents[]> {
  const paused = await readPausedQueues(redis, names);
  // What is paused is no reason for another card.
  const queues = (await redis.smembers(names.queues))
    .filter((queue) => !paused.has(parseQueueName(queue)))
    .sort();
  const step = redis.multi();
  for (const queue of queues) {
    step.llen(names.waiting(queue)).zcard(names.prioritized(queue)).lrange(names.active(queue), 0, -1);
  }
  const replies = ((await step.exec()) ?? []).map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
  return queues.map((name, at) => ({
    name,
    model: parseQueueName(name).model,
    listed: Number(replies[3 * at]),
    ordered: Number(replies[3 * at + 1]),
    active: replies[3 * at + 2] as string[],
  }));
}

async function sampleIds(redis: Redis, names: Names, queues: readonly QueueContents[]): Promise<string[]> {
  const waiting = new Map<string, number>();
  for (const { model, listed, ordered } of queues) {
    waiting.set(model, (waiting.get(model) ?? 0) + listed + ordered);
  }
  const reads = redis.pipeline();
  for (const { name, model, listed, ordered } of queues) {
    const step = Math.max(1, (waiting.get(model) ?? 0) / SAMPLED_JOBS);
    for (const at of everyNth(listed, step)) reads.lrange(names.waiting(name), at, at);
    for (const at of everyNth(ordered, step)) reads.zrange(names.prioritized(name), String(at), String(at));
  }
  return ((await reads.exec()) ?? []).flatMap(([error, reply]) => {
    if (error) throw error;
    return reply as string[];
  });
}

/** Places in the middle of stretches of `step`; of what is shorter than one the middle. */
function everyNth(length: number, step: number): number[] {
  if (length === 0) return [];
  const count = Math.max(1, Math.round(length / step));
  return Array.from({ length: count }, (_, at) => Math.floor(((at + 0.5) * length) / count));
}

async function outlinesOf(
  redis: Redis,
  names: Names,
  ids: readonly string[],
): Promise<Map<string, JobOutline>> {
  const found = await readOutlines(redis, names, ids);
  return new Map(
    found.flatMap((one) => (one && one.ended === undefined ? [[one.outline.id, one.outline] as const] : [])),
  );
}
