import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  connectCardPort,
  connectDispatch,
  connectFleet,
  connectJobs,
  type CardPort,
  type Dispatch,
  type Fleet,
  type Jobs,
  type Lease,
} from '@gistpool/queue';
import { aCard, aJob, aModel, aUsage, TestRedis } from '@gistpool/queue/testing';
import { createLogger } from '@gistpool/telemetry';
import { Scheduler } from './scheduler';

const soon = { timeout: 20_000, interval: 25 };
const LEASE_MS = 60_000;

let redis: TestRedis;
let jobs: Jobs;
let fleet: Fleet & { close(): Promise<void> };
let dispatch: Dispatch;
let scheduler: Scheduler;
let cards: CardPort[];
let nowMs: number;

beforeEach(async () => {
  redis = await TestRedis.start();
  const config = redis.patientConfig;
  jobs = connectJobs(config);
  fleet = connectFleet(config);
  dispatch = connectDispatch(config, 'scheduler-a');
  nowMs = Date.now();
  const logger = createLogger('test', 'silent');
  scheduler = new Scheduler(dispatch, {
    leaseMs: LEASE_MS,
    ageingMs: 1e9,
    eps: 0.01,
    admission: 'bound',
    logger,
    nowMs: () => nowMs,
  });
  cards = ['card-0', 'card-1'].map((card) => connectCardPort(config, { card, incarnation: 'one' }));
});

afterEach(async () => {
  await Promise.all([jobs, fleet, dispatch, ...cards].map((part) => part.close()));
  await redis.stop();
});

const announce = async (...slotCells: readonly number[]) => {
  for (const [at, cells] of slotCells.entries())
    await cards[at]?.announce(aCard(`card-${at}`, 'one', [[4, cells]]), aModel);
};

const take = async (at: number, count: number): Promise<Lease[]> => {
  const leases: Lease[] = [];
  await vi.waitFor(async () => {
    leases.push(...((await cards[at]?.take(50)) ?? []));
    expect(leases.length).toBeGreaterThanOrEqual(count);
  }, soon);
  return leases;
};

const cordons = async () => (await fleet.cards()).map(({ cordon }) => cordon);

it('a cordoned card keeps what it has and gets nothing new, until it is uncordoned', async () => {
  await announce(512, 512);
  await jobs.submit([aJob(), aJob()]);
  await scheduler.round();
  await take(0, 1);
  await fleet.order('card-0', 'cordon');
  expect(await cordons()).toEqual(['cordoned', undefined]);
  await jobs.submit(Array.from({ length: 8 }, () => aJob()));
  await scheduler.round();
  const names = ['card-0', 'card-1'];
  const placed = async () => [...(await dispatch.placements(names)).values()].map((all) => all.length);
  expect(await placed()).toEqual([1, 4]);
  await fleet.order('card-0', 'uncordon');
  await scheduler.round();
  expect(await placed()).toEqual([4, 4]);
});

it('a placement that was decided before the cordon does not reach the card', async () => {
  await announce(512);
  const job = aJob();
  await jobs.submit([job]);
  await dispatch.hold();
  const [queue] = await dispatch.queues();
  const fetched = await dispatch.fetch(queue?.name ?? '');
  await fleet.order('card-0', 'cordon');
  const target = { card: 'card-0', incarnation: 'one', lane: 0, reservedCells: 200 };
  if (!fetched) expect.unreachable('nothing was fetched');
  expect(await dispatch.place(fetched, target)).toBe('card-gone');
});

it('a job that only a cordoned card would hold waits for it, however long', async () => {
  await announce(4096, 512);
  await fleet.order('card-0', 'cordon');
  const wide = aJob({ predictedPeakCells: 3_000 });
  await jobs.submit([wide]);
  for (let round = 0; round < 4; round += 1) {
    await scheduler.round();
    nowMs += LEASE_MS;
  }
  expect((await jobs.get(wide.id))?.state).toBe('waiting');
  await fleet.order('card-0', 'uncordon');
  await scheduler.round();
  expect((await take(0, 1))[0]?.job.id).toBe(wide.id);
});

it('a card that is drained tells its worker, and what that hands back goes on elsewhere from its checkpoint', async () => {
  await announce(512, 512);
  await fleet.order('card-1', 'cordon');
  const job = aJob();
  await jobs.submit([job]);
  await scheduler.round();
  const [lease] = await take(0, 1);
  const beat = () => cards[0]?.heartbeat(aCard('card-0', 'one', [[4, 512]]));
  expect(await beat()).toEqual({ handsBack: false });
  await fleet.order('card-0', 'drain');
  await fleet.order('card-1', 'uncordon');
  expect(await beat()).toEqual({ handsBack: true });
  expect(await cordons()).toEqual(['draining', undefined]);

  await lease?.report([], { checkpoint: { version: 1, sampled: [7], thoughts: 1, runMs: 1 } });
  await lease?.handBack();
  expect(await cordons()).toEqual(['drained', undefined]);
  // A job that comes straight back waits a little.
  nowMs += 10_000;
  await scheduler.round();
  const [next] = await take(1, 1);
  expect(next?.checkpoint?.sampled).toEqual([7]);
  expect(next?.job).toMatchObject({ id: job.id, crashes: 0, resumes: 1 });
  await next?.complete(aUsage, 'stop');
});

it('a leader tells by which rules it places', async () => {
  expect(await fleet.rules()).toBeUndefined();
  await scheduler.round();
  expect(await fleet.rules()).toEqual({ admission: 'bound', eps: 0.01 });
});

it('an order outlives the worker of the card, and is refused for a card that never was', async () => {
  await announce(512);
  await fleet.order('card-0', 'cordon');
  await cards[0]?.withdraw();
  expect(await fleet.cards()).toEqual([]);
  await announce(512);
  expect(await cordons()).toEqual(['cordoned']);
  expect(await fleet.order('card-7', 'cordon')).toBe(false);
});
