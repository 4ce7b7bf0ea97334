import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isTerminal, type JobView } from '@gistpool/contracts';
import { namesFor } from '@gistpool/queue';
import type { Redis } from 'ioredis';
import type { ChaosPool } from './chaos-pool';

const names = namesFor('gistpool');
const UNENDED = ['waiting', 'placed', 'thinking', 'answering', 'parked', 'retrying', 'delayed', 'paused'];

/** What is wrong with how a job has ended; it must have ended once, and with this text. */
export async function complaintsOfJob(pool: ChaosPool, id: string, text: string): Promise<string[]> {
  const job: JobView = await pool.job(id);
  const complaints: string[] = [];
  if (job.state !== 'completed')
    complaints.push(`${id} is ${job.state}: ${JSON.stringify(job.error ?? null)}`);
  else if (job.result?.text !== text) complaints.push(`${id} says other than in the run without faults`);
  const ends = (await pool.story(id)).filter((event) => event.type === 'state' && isTerminal(event.state));
  if (ends.length !== 1) complaints.push(`${id} ended ${ends.length} times`);
  return complaints;
}

/** What is left in a pool that has nothing to do: nothing may be. */
export async function leftovers(pool: ChaosPool, known: ReadonlySet<string>): Promise<string[]> {
  return [
    ...(await cells(pool)),
    ...files(pool),
    ...(await states(pool.redis.client)),
    ...(await keys(pool.redis.client, known)),
  ];
}

async function cells(pool: ChaosPool): Promise<string[]> {
  const { cards, running, waiting, scheduler } = await pool.fleet();
  const left: string[] = [];
  if (cards.length !== 2) left.push(`${cards.length} cards`);
  if (scheduler.leader === null) left.push('nobody leads');
  if (running + waiting > 0) left.push(`${running} running and ${waiting} waiting jobs`);
  for (const card of cards) {
    const slots = card.lanes.flatMap((lane) => lane.slots);
    const used = slots.reduce((sum, slot) => sum + slot.live_cells + slot.reserved_cells, card.live_cells);
    if (used > 0) left.push(`${card.card} has ${used} cells in use`);
    if (card.sessions + (card.parked_sessions ?? 0) > 0) left.push(`${card.card} has sessions`);
  }
  return left;
}

function files(pool: ChaosPool): string[] {
  return ['card-0', 'card-1'].flatMap((card) => {
    const folder = join(pool.folder, 'parked', card);
    try {
      return readdirSync(folder).map((name) => `a parked cache: ${card}/${name}`);
    } catch {
      return [];
    }
  });
}

async function states(redis: Redis): Promise<string[]> {
  const left: string[] = [];
  for (const state of UNENDED) {
    const ids = await redis.zrange(`gistpool:jobs:state:${state}`, '0', '-1');
    if (ids.length > 0) left.push(`${ids.join()} in the index of ${state}`);
  }
  const empty = [
    names.outbox,
    names.due,
    names.deadlines,
    names.placements('card-0'),
    names.placements('card-1'),
  ];
  for (const key of empty) if ((await redis.exists(key)) > 0) left.push(`${key} is not empty`);
  for (const queue of await redis.smembers(names.queues))
    for (const key of [
      names.active(queue),
      names.waiting(queue),
      names.prioritized(queue),
      names.stalled(queue),
    ])
      if ((await redis.exists(key)) > 0) left.push(`${key} is not empty`);
  const leader = (await redis.get(names.leader)) ?? '';
  if (!/^\d+:scheduler-[01]$/.test(leader)) left.push(`the lead is held by ${leader}`);
  return left;
}

/** Keys that belong to no job of ours and to no living card. */
async function keys(redis: Redis, known: ReadonlySet<string>): Promise<string[]> {
  const left: string[] = [];
  const incarnations = new Set<string | null>();
  for (const card of ['card-0', 'card-1'])
    incarnations.add(await redis.hget(names.card(card), 'incarnation'));
  const found = new Set<string>();
  for await (const page of redis.scanStream({ count: 1000 }))
    for (const key of page as string[]) found.add(key);
  for (const key of found) {
    const [, id = '', what = ''] = /^gistpool:job:([^:]+)(?::(.+))?$/.exec(key) ?? [];
    const inbox = /:inbox:(.+)$/.exec(key)?.[1];
    if (id !== '' && !known.has(id)) left.push(`${key} is of an unknown job`);
    if (what === 'checkpoint') left.push(`${key} is of a job that has ended`);
    if (id !== '' && !found.has(names.record(id))) left.push(`${key} has no record`);
    if (what === 'events' && (await redis.pttl(key)) === -1) left.push(`${key} is kept for ever`);
    if (inbox !== undefined && !incarnations.has(inbox)) left.push(`${key} is of a dead worker`);
    if (/^gistpool:bull:.*:lock$/.test(key)) left.push(`${key}: a lease is held`);
    if (id !== '' && what === '' && (await redis.hexists(key, 'held')) === 1) left.push(`${key} is held`);
  }
  return left;
}

/** Jobs that were counted for their tenant on the days of the run. */
export async function countedJobs(redis: Redis): Promise<number> {
  const today = Math.floor(Date.now() / 86_400_000);
  const counts = await Promise.all(
    [today - 1, today, today + 1].map((day) => redis.hget(names.usage('default', day), 'jobs')),
  );
  return counts.reduce((sum, count) => sum + Number(count ?? 0), 0);
}
