import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lease, NewJob } from './types';
import { aJob, allEvents, allSides, aUsage, inAWord, TestRedis, type Sides } from './testing.fixture';

let redis: TestRedis;
let sides: Sides;
beforeAll(async () => {
  redis = await TestRedis.start();
  sides = await allSides(redis.patientConfig);
});
afterAll(async () => {
  await sides.close();
  await redis.stop();
});

let tenants = 0;
/** A tenant of its own for each test, so that its queue holds its jobs only. */
const tenant = () => `t${(tenants += 1)}`;
const queueOf = ({ tenant: of }: Pick<NewJob, 'tenant'>) => `reasoning.tiny.${of}`;
const stateOf = async (id: string) => (await sides.jobs.get(id))?.state;
const clock = () => sides.dispatch.lookAtClock();
const kindsOf = async (id: string) => (await sides.jobs.orders.log(id)).lines.map(({ kind }) => kind);

/** Fetched, placed and taken by the card. */
async function lease(job: Pick<NewJob, 'tenant'>): Promise<Lease> {
  const fetched = await sides.dispatch.fetch(queueOf(job));
  if (fetched === undefined) throw new Error('nothing waits');
  const target = { card: 'card-0', incarnation: 'one', lane: 0, reservedCells: 200 };
  expect(await sides.dispatch.place(fetched, target)).toBe('placed');
  const [taken] = await sides.card.take(5_000);
  if (taken === undefined) throw new Error('nothing came');
  return taken;
}

describe('a delayed job', () => {
  it('is in no queue until its time has come, and then waits like any other', async () => {
    const job = aJob({ tenant: tenant(), notBeforeMs: Date.now() + 60_000 });
    await sides.jobs.submit([job]);
    expect(await stateOf(job.id)).toBe('delayed');
    await clock();
    expect(await sides.dispatch.fetch(queueOf(job))).toBeUndefined();

    const soon = aJob({ tenant: tenant(), notBeforeMs: Date.now() + 500 });
    await sides.jobs.submit([soon]);
    await expect.poll(clock, { timeout: 5_000 }).toMatchObject({ due: 1 });
    expect(await stateOf(soon.id)).toBe('waiting');
    await (await lease(soon)).complete(aUsage, 'stop');
    expect((await allEvents(sides.jobs, soon.id)).map(inAWord).slice(0, 2)).toEqual([
      'state:delayed',
      'state:waiting',
    ]);
    expect(await kindsOf(soon.id)).toEqual(['submitted', 'due', 'placed', 'ended']);
    await sides.jobs.cancel(job.id);
    expect(await stateOf(job.id)).toBe('cancelled');
  });
});

describe('a deadline', () => {
  it('ends a waiting job, and one that runs by way of its worker', async () => {
    const [waiting, running] = [tenant(), tenant()].map((of) =>
      aJob({ tenant: of, deadlineMs: Date.now() + 400 }),
    ) as [NewJob, NewJob];
    await sides.jobs.submit([waiting, running]);
    const held = await lease(running);
    const told: [string, string][] = [];
    sides.card.onStop((...stop) => told.push(stop));
    await expect.poll(async () => (await clock(), stateOf(waiting.id)), { timeout: 5_000 }).toBe('expired');
    await expect.poll(() => told).toContainEqual([running.id, 'expire']);
    await held.extend();
    expect(held.stopRequested).toBe('expire');
    await held.expired(aUsage);
    expect(await sides.jobs.get(running.id)).toMatchObject({
      state: 'expired',
      failure: { code: 'deadline_passed' },
    });
    expect(await clock()).toEqual({ due: 0, expired: 0 });
  });

  it('is forgotten when the job ends before', async () => {
    const job = aJob({ tenant: tenant(), deadlineMs: Date.now() + 60_000 });
    await sides.jobs.submit([job]);
    await sides.jobs.cancel(job.id);
    expect(await redis.withClient((client) => client.zscore('test:jobs:deadlines', job.id))).toBeNull();
  });
});

describe('a failure that may pass', () => {
  it('puts the job off as often as it has retries, each time for twice as long; then it has failed', async () => {
    const job = aJob({ tenant: tenant(), retries: 2, retryBackoffMs: 1 });
    await sides.jobs.submit([job]);
    for (const attempt of [1, 2]) {
      await (await lease(job)).fail({ code: 'internal', message: 'it broke' });
      expect(await sides.jobs.get(job.id)).toMatchObject({ state: 'delayed', failedAttempts: attempt });
      await expect.poll(async () => (await clock(), stateOf(job.id))).toBe('waiting');
    }
    await (await lease(job)).fail({ code: 'internal', message: 'it broke' });
    expect(await sides.jobs.get(job.id)).toMatchObject({ state: 'failed', failedAttempts: 2 });
    expect(await kindsOf(job.id)).toEqual([
      ...['submitted', 'placed', 'put_off', 'due', 'placed', 'put_off', 'due', 'placed', 'ended'],
    ]);
  });

  it('is forgotten when the job completes, and a hand-back burns none of its retries', async () => {
    const job = aJob({ tenant: tenant(), retries: 1, retryBackoffMs: 1 });
    await sides.jobs.submit([job]);
    await (await lease(job)).handBack();
    expect(await sides.jobs.get(job.id)).toMatchObject({ state: 'waiting', failedAttempts: 0 });
    await (await lease(job)).fail({ code: 'internal', message: 'it broke' });
    await expect.poll(async () => (await clock(), stateOf(job.id))).toBe('waiting');
    await (await lease(job)).complete(aUsage, 'stop');
    const ended = await sides.jobs.get(job.id);
    expect(ended?.state).toBe('completed');
    expect(ended?.failure).toBeUndefined();
  });

  it.each(['does_not_fit', 'poison'])('is not %s: that lasts', async (code) => {
    const job = aJob({ tenant: tenant(), retries: 5 });
    await sides.jobs.submit([job]);
    await (await lease(job)).fail({ code, message: 'no' });
    expect(await stateOf(job.id)).toBe('failed');
  });
});

describe('a dedupe key', () => {
  it('leads to the job that holds it until that has ended; other tenants have keys of their own', async () => {
    const of = tenant();
    const [first, second, third] = [1, 2, 3].map(() => aJob({ tenant: of, dedupeKey: 'k' })) as NewJob[];
    if (!first || !second || !third) throw new Error('three jobs');
    const other = aJob({ tenant: tenant(), dedupeKey: 'k' });
    expect(await sides.jobs.submit([first, second, other])).toEqual([first.id, first.id, other.id]);
    expect(await sides.jobs.get(second.id)).toBeUndefined();
    await (await lease(first)).complete(aUsage, 'stop');
    expect(await sides.jobs.submit([third])).toEqual([third.id]);
    await Promise.all([third, other].map(({ id }) => sides.jobs.cancel(id)));
    expect(await redis.withClient((client) => client.keys('test:dedupe:*'))).toEqual([]);
  });
});

describe('pausing a job', () => {
  it('sets a waiting one aside, and resuming puts it back', async () => {
    const job = aJob({ tenant: tenant() });
    await sides.jobs.submit([job]);
    expect(await sides.jobs.orders.pause(job.id)).toBe('paused');
    expect(await sides.jobs.orders.pause(job.id)).toBe('paused');
    expect(await sides.dispatch.fetch(queueOf(job))).toBeUndefined();
    expect(await sides.jobs.orders.resume(job.id)).toBe('waiting');
    expect(await sides.jobs.orders.resume(job.id)).toBe('not-paused');
    await (await lease(job)).complete(aUsage, 'stop');
    expect(await sides.jobs.orders.pause(job.id)).toBe('already-ended');
    expect(await sides.jobs.orders.pause('job_none')).toBe('not-found');
    expect(await kindsOf(job.id)).toEqual(['submitted', 'paused', 'unpaused', 'placed', 'ended']);
  });

  it('has a running one handed back with its checkpoint, from which it goes on', async () => {
    const job = aJob({ tenant: tenant() });
    await sides.jobs.submit([job]);
    const first = await lease(job);
    expect(await sides.jobs.orders.pause(job.id)).toBe('pausing');
    const checkpoint = { version: 1 as const, sampled: [1, 2], thoughts: 1, runMs: 5 };
    await first.report([], { state: 'thinking', checkpoint });
    expect(first.stopRequested).toBe('pause');
    await first.pause();
    expect(await stateOf(job.id)).toBe('paused');
    expect(await sides.dispatch.fetch(queueOf(job))).toBeUndefined();
    expect(await sides.jobs.orders.resume(job.id)).toBe('waiting');
    const second = await lease(job);
    expect(second.checkpoint).toEqual(checkpoint);
    expect(second.stopRequested).toBeUndefined();
    await second.complete(aUsage, 'stop');
  });

  it('that is taken back before the worker has heard of it lets the job wait', async () => {
    const job = aJob({ tenant: tenant() });
    await sides.jobs.submit([job]);
    const first = await lease(job);
    await sides.jobs.orders.pause(job.id);
    expect(await sides.jobs.orders.resume(job.id)).toBe('asked-off');
    await first.pause();
    expect(await stateOf(job.id)).toBe('waiting');
    // Its entry in the outbox brings it back into BullMQ's queue.
    await redis.withClient((client) => client.zadd('test:jobs:outbox', 0, job.id));
    await sides.dispatch.recover();
    await (await lease(job)).complete(aUsage, 'stop');
  });

  it('reaches one that the scheduler has fetched, and gives way to a cancel', async () => {
    const job = aJob({ tenant: tenant() });
    await sides.jobs.submit([job]);
    const fetched = await sides.dispatch.fetch(queueOf(job));
    if (fetched === undefined) throw new Error('nothing waits');
    expect(await sides.jobs.orders.pause(job.id)).toBe('pausing');
    expect((await sides.dispatch.renew([fetched])).stopRequested).toEqual([{ jobId: job.id, stop: 'pause' }]);
    await sides.dispatch.stop(fetched, 'pause');
    expect(await stateOf(job.id)).toBe('paused');
    expect(await sides.jobs.cancel(job.id)).toBe('cancelled');
    expect(await stateOf(job.id)).toBe('cancelled');
  });
});

describe('retrying', () => {
  it('takes jobs that failed, were cancelled or expired, from the beginning, and no others', async () => {
    const of = tenant();
    const jobs = [1, 2, 3].map(() => aJob({ tenant: of }));
    await sides.jobs.submit(jobs);
    const [failed, cancelled, completed] = jobs.map(({ id }) => id) as [string, string, string];
    await (await lease({ tenant: of })).fail({ code: 'internal', message: 'it broke' });
    await sides.jobs.cancel(cancelled);
    await (await lease({ tenant: of })).complete(aUsage, 'stop');
    expect(await sides.jobs.orders.retry([failed, cancelled, completed, 'job_none'])).toEqual([
      'retried',
      'retried',
      'completed',
      'not-found',
    ]);
    expect(await sides.jobs.orders.retry([failed])).toEqual(['not-ended']);
    const again = await sides.jobs.get(failed);
    expect(again).toMatchObject({ state: 'waiting', crashes: 0 });
    expect(again?.failure).toBeUndefined();
    for (let at = 0; at < 2; at += 1) await (await lease({ tenant: of })).complete(aUsage, 'stop');
    expect(await stateOf(failed)).toBe('completed');
    expect((await allEvents(sides.jobs, failed)).map(inAWord)).toEqual([
      ...['state:waiting', 'state:placed', 'usage', 'state:completed'],
    ]);
  });
});

describe('a new priority', () => {
  it('decides from then on, of jobs that wait or are set aside', async () => {
    const of = tenant();
    const [first, second, later] = [
      aJob({ tenant: of, priority: 5 }),
      aJob({ tenant: of, priority: 5 }),
      aJob({ tenant: of, priority: 5, notBeforeMs: Date.now() + 60_000 }),
    ];
    await sides.jobs.submit([first, second, later]);
    expect(await sides.jobs.orders.reprioritize([second.id, later.id, 'job_none'], 1)).toEqual([
      true,
      true,
      false,
    ]);
    expect((await sides.jobs.get(later.id))?.priority).toBe(1);
    const held = await lease({ tenant: of });
    expect(held.job.id).toBe(second.id);
    expect(await sides.jobs.orders.reprioritize([second.id], 9)).toEqual([false]);
    await held.complete(aUsage, 'stop');
    await Promise.all([first, later].map(({ id }) => sides.jobs.cancel(id)));
  });
});

describe('the log of a job', () => {
  it('tells of checkpoints, moves and parks with their card, and keeps the newest lines only', async () => {
    const job = aJob({ tenant: tenant() });
    await sides.jobs.submit([job]);
    const held = await lease(job);
    await held.report([], { state: 'thinking' });
    const checkpoint = { version: 1 as const, sampled: [1], thoughts: 1, runMs: 5 };
    await held.report([], { checkpoint });
    await held.report([], { place: { lane: 1, reservedCells: 300 } });
    await held.report([], { checkpoint: { ...checkpoint, parks: 1 } });
    const { lines, dropped } = await sides.jobs.orders.log(job.id);
    expect(dropped).toBe(0);
    expect(lines.map(({ kind, card, detail }) => [kind, card, detail])).toEqual([
      ['submitted', undefined, undefined],
      ['placed', 'card-0', 'lane 0, 200 cells'],
      ['started', 'card-0', undefined],
      ['checkpoint', 'card-0', '1 thoughts'],
      ['moved', 'card-0', 'lane 1, 300 cells'],
      ['parked', 'card-0', '1 thoughts'],
    ]);
    for (let at = 0; at < 260; at += 1)
      await held.report([], { checkpoint: { ...checkpoint, thoughts: at, parks: 1 } });
    await held.complete(aUsage, 'stop');
    const full = await sides.jobs.orders.log(job.id);
    expect(full.lines).toHaveLength(256);
    expect(full.dropped).toBe(260 + 6 + 1 - 256);
    expect(full.lines.at(-1)).toMatchObject({ kind: 'ended', card: 'card-0', detail: 'completed' });
  });
});
