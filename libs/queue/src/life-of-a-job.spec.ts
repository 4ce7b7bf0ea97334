import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectCardPort, CardReplaced } from './card-port';
import type { Dispatch } from './dispatch-port';
import { connectFleet } from './fleet';
import { queueName } from './names';
import {
  aCard,
  aJob,
  allEvents,
  allSides,
  aModel,
  aUsage,
  inAWord,
  type Sides,
  TestRedis,
} from './testing.fixture';
import { LeaseLost, type CardPort, type Jobs, type Lease, type NewJob } from './types';

let redis: TestRedis;
let sides: Sides;
let jobs: Jobs;
let dispatch: Dispatch;
let card: CardPort;

beforeAll(async () => {
  redis = await TestRedis.start();
  sides = await allSides(redis.config);
  ({ jobs, dispatch, card } = sides);
});

afterAll(async () => {
  await sides.close();
  await redis.stop();
});

const target = { card: 'card-0', incarnation: 'one', lane: 0, reservedCells: 200 };

/** The card's record lasts a few heartbeats; a test may be slower. */
async function beat(port = card, incarnation = 'one'): Promise<void> {
  await port.heartbeat(aCard('card-0', incarnation));
}

async function fetch(job: NewJob) {
  const fetched = await dispatch.fetch(queueName(job.model, job.tenant));
  expect(fetched?.id).toBe(job.id);
  if (!fetched) throw new Error('nothing to fetch');
  return fetched;
}

async function lease(job: NewJob): Promise<Lease> {
  await dispatch.hold();
  const fetched = await fetch(job);
  await beat();
  expect(await dispatch.place(fetched, target)).toBe('placed');
  const [taken] = await card.take(5_000);
  expect(taken?.job.id).toBe(job.id);
  if (!taken) throw new Error('nothing taken');
  return taken;
}

describe('a job', () => {
  it('goes from submit to its result, with its events in order and nothing left behind', async () => {
    const job = aJob({ customId: 'mine', task: 'sums', batch: 'batch-1', metadata: { a: 'b' } });
    await jobs.submit([job]);
    expect(await jobs.get(job.id)).toMatchObject({ ...job, state: 'waiting', crashes: 0 });

    const held = await lease(job);
    expect(held.job).toMatchObject({ ...job, state: 'placed', card: 'card-0' });
    expect(held.checkpoint).toBeUndefined();
    expect((await dispatch.placements(['card-0'])).get('card-0')).toMatchObject([{ jobId: job.id, lane: 0 }]);
    await held.report([{ type: 'state', state: 'thinking', at_ms: 1 }], { state: 'thinking' });
    await held.report([{ type: 'thought', thought: 0, text: 'so', tokens: 1 }], {
      checkpoint: { version: 1, sampled: [1, 2], thoughts: 1, runMs: 5 },
      thoughts: 1,
    });
    expect(await jobs.get(job.id)).toMatchObject({ state: 'thinking', thoughts: 1 });
    const course = { thoughtTokens: [3, 4], tailTokens: 2 };
    await held.complete(aUsage, 'stop', course);

    const record = await jobs.get(job.id);
    expect(record).toMatchObject({
      state: 'completed',
      finishReason: 'stop',
      usage: aUsage,
      thoughts: 2,
      course,
    });
    expect((await allEvents(jobs, job.id)).map(inAWord)).toEqual([
      'state:waiting',
      'state:placed',
      'state:thinking',
      'thought',
      'usage',
      'state:completed',
    ]);
    expect((await dispatch.placements(['card-0'])).get('card-0')).toEqual([]);
    expect(await dispatch.queues()).toEqual([]);
  });

  it('that outgrew its place comes back with the cells it needs, and the ledger knows where it was moved before', async () => {
    const job = aJob();
    await jobs.submit([job]);
    const held = await lease(job);
    await held.report([], { place: { lane: 2, reservedCells: 333 } });
    expect((await dispatch.placements(['card-0'])).get('card-0')).toMatchObject([
      { jobId: job.id, lane: 2, reservedCells: 333, token: held.placement.token },
    ]);

    const checkpoint = { version: 1, sampled: [1, 2], thoughts: 0, runMs: 5, peakCells: 257 } as const;
    await held.report([], { checkpoint });
    await held.handBack();
    expect(await jobs.get(job.id)).toMatchObject({ state: 'waiting', crashes: 0, peakCells: 257 });
    expect((await dispatch.placements(['card-0'])).get('card-0')).toEqual([]);
    const again = await fetch(job);
    expect(again).toMatchObject({ peakCells: 257, crashes: 0 });
    await dispatch.fail(again, { code: 'does_not_fit', message: 'too wide' });
  });

  it('refuses the writes of a token that is not its holder, and nothing of them is left', async () => {
    const job = aJob();
    await jobs.submit([job]);
    const fetched = await fetch(job);
    await beat();
    // Two workers are told of the job; only the second placement's lock is real.
    await dispatch.place(fetched, target);
    const [stale] = await card.take(5_000);
    await stale?.handBack();
    const held = await lease(job);

    await expect(stale?.report([{ type: 'answer', text: 'wrong' }], { state: 'answering' })).rejects.toThrow(
      LeaseLost,
    );
    await expect(stale?.complete(aUsage, 'stop')).rejects.toThrow(LeaseLost);
    await expect(stale?.extend()).rejects.toThrow(LeaseLost);
    expect(await jobs.get(job.id)).toMatchObject({ state: 'placed' });
    await held.complete(aUsage, 'stop');
    expect((await allEvents(jobs, job.id)).map(inAWord)).toEqual([
      'state:waiting',
      'state:placed',
      'state:waiting',
      'state:placed',
      'usage',
      'state:completed',
    ]);
    await expect(held.complete(aUsage, 'stop')).rejects.toThrow(LeaseLost);
  });

  it('ends at once when it is cancelled while it waits', async () => {
    const job = aJob();
    await jobs.submit([job]);
    expect(await jobs.cancel(job.id)).toBe('cancelled');
    expect(await jobs.get(job.id)).toMatchObject({ state: 'cancelled', finishReason: 'cancelled' });
    expect((await allEvents(jobs, job.id)).map(inAWord)).toEqual(['state:waiting', 'state:cancelled']);
    expect(await dispatch.fetch(queueName(job.model, job.tenant))).toBeUndefined();
    expect(await jobs.cancel(job.id)).toBe('already-ended');
    expect(await jobs.cancel('job_unknown')).toBe('not-found');
  });

  it('is ended by its worker when it is cancelled while it runs', async () => {
    const job = aJob();
    await jobs.submit([job]);
    const held = await lease(job);
    const told: string[] = [];
    card.onStop((jobId) => told.push(jobId));
    expect(await jobs.cancel(job.id)).toBe('cancelling');
    await vi.waitFor(() => expect(told).toEqual([job.id]));
    await beat();
    expect(told).toEqual([job.id]);
    await held.extend();
    expect(held.stopRequested).toBe('cancel');
    await held.cancelled(aUsage);
    expect(await jobs.get(job.id)).toMatchObject({ state: 'cancelled', usage: aUsage });
    expect((await allEvents(jobs, job.id)).map(inAWord).slice(-2)).toEqual(['usage', 'state:cancelled']);
  });

  it('that was cancelled after it was fetched is not placed', async () => {
    const job = aJob();
    await jobs.submit([job]);
    const fetched = await fetch(job);
    expect(await jobs.cancel(job.id)).toBe('cancelling');
    await beat();
    expect(await dispatch.place(fetched, target)).toBe('cancel-requested');
    await dispatch.stop(fetched, 'cancel');
    expect(await jobs.get(job.id)).toMatchObject({ state: 'cancelled' });
  });

  it('fails with its reason, once', async () => {
    const job = aJob();
    await jobs.submit([job]);
    const held = await lease(job);
    await held.fail({ code: 'broken', message: 'it broke' });
    expect(await jobs.get(job.id)).toMatchObject({ state: 'failed', failure: { code: 'broken' } });
    expect((await allEvents(jobs, job.id)).map(inAWord).slice(-2)).toEqual(['error', 'state:failed']);
    expect(await dispatch.fetch(queueName(job.model, job.tenant))).toBeUndefined();
  });

  it('that is handed back burns nothing and goes on from its checkpoint', async () => {
    const job = aJob();
    await jobs.submit([job]);
    const checkpoint = { version: 1 as const, sampled: [4, 5], thoughts: 1, runMs: 9 };
    const first = await lease(job);
    await first.report([], { state: 'thinking', checkpoint });
    await first.handBack();
    expect(await jobs.get(job.id)).toMatchObject({ state: 'waiting', crashes: 0 });
    const second = await lease(job);
    expect(second.checkpoint).toEqual(checkpoint);
    expect(second.job).toMatchObject({ crashes: 0, resumes: 1 });
    await second.complete(aUsage, 'stop');
  });

  it('keeps priority order within a queue', async () => {
    const [late, soon, first] = [aJob({ priority: 5 }), aJob({ priority: 1 }), aJob()];
    await jobs.submit([late, soon, first]);
    for (const job of [first, soon, late]) await dispatch.stop(await fetch(job), 'cancel');
  });

  it('of a tenant with dots in its name has a queue of its own', async () => {
    const job = aJob({ model: 'qwen2.5-7b', tenant: 'a.b' });
    await jobs.submit([job]);
    expect(await dispatch.queues()).toMatchObject([{ model: 'qwen2.5-7b', tenant: 'a.b', waiting: 1 }]);
    await jobs.cancel(job.id);
  });
});

describe('events', () => {
  it('go on after the id that a reader saw last, wait for the next, and end', async () => {
    const job = aJob();
    await jobs.submit([job]);
    const held = await lease(job);
    await held.report([{ type: 'text', thought: 0, text: 'a' }]);
    const reader = jobs.events(job.id, '0', new AbortController().signal)[Symbol.asyncIterator]();
    const seen = [await reader.next(), await reader.next(), await reader.next()];
    const last = seen.at(-1)?.value as { id: string };
    const next = reader.next();
    await held.report([{ type: 'text', thought: 0, text: 'b' }]);
    expect((await next).value).toMatchObject({ event: { type: 'text', text: 'b' } });
    await held.complete(aUsage, 'stop');
    expect((await allEvents(jobs, job.id, last.id)).map(inAWord)).toEqual([
      'text',
      'usage',
      'state:completed',
    ]);
    // Nothing is left to say.
    const all = await allEvents(jobs, job.id);
    expect(await allEvents(jobs, job.id, all.at(-1)?.id)).toEqual([]);
    expect(await allEvents(jobs, 'job_unknown')).toEqual([]);
    await reader.return?.();
  });

  it('stop at once when the reader goes away', async () => {
    const job = aJob();
    await jobs.submit([job]);
    const away = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const event of jobs.events(job.id, '0', away.signal)) seen.push(inAWord(event));
    })();
    await vi.waitFor(() => expect(seen).toEqual(['state:waiting']));
    away.abort();
    await reading;
    await jobs.cancel(job.id);
  });

  it('reach 500 readers over one connection', async () => {
    const job = aJob();
    await jobs.submit([job]);
    const readers = Array.from({ length: 500 }, () => allEvents(jobs, job.id));
    await jobs.cancel(job.id);
    for (const events of await Promise.all(readers)) {
      expect(events.map(inAWord)).toEqual(['state:waiting', 'state:cancelled']);
    }
  });
});

describe('a card', () => {
  it('shows in the fleet while its heart beats, and its model for longer', async () => {
    const fleet = connectFleet(redis.config);
    const other = connectCardPort(redis.config, { card: 'card-9', incarnation: 'x' });
    await other.announce(aCard('card-9', 'x'), { ...aModel, name: 'other' });
    await beat();
    expect((await fleet.cards()).map((view) => view.card)).toEqual(['card-0', 'card-9']);
    await other.withdraw();
    await beat();
    expect((await fleet.cards()).map((view) => view.card)).toEqual(['card-0']);
    expect((await fleet.models()).map((model) => model.name)).toEqual(['other', 'tiny']);
    await dispatch.hold();
    expect(await fleet.leader()).toBe('scheduler-a');
    await other.close();
    await fleet.close();
  });

  it('that another worker announces itself as is told to stop, and its lease is broken', async () => {
    const job = aJob();
    await jobs.submit([job]);
    const held = await lease(job);
    const successor = connectCardPort(redis.config, { card: 'card-0', incarnation: 'two' });
    await successor.announce(aCard('card-0', 'two'), aModel);
    await expect(beat()).rejects.toThrow(CardReplaced);
    await expect(held.extend()).rejects.toThrow(LeaseLost);
    await vi.waitFor(
      async () => {
        await dispatch.recover();
        expect(await jobs.get(job.id)).toMatchObject({ state: 'retrying', crashes: 1 });
      },
      { timeout: 10_000, interval: 100 },
    );
    await jobs.cancel(job.id);
    await successor.withdraw();
    await successor.close();
  });
});
