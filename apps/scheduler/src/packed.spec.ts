import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  connectCardPort,
  connectDispatch,
  connectJobs,
  connectPredictions,
  type CardPort,
  type Jobs,
  type Lease,
  type QueueConfig,
} from '@gistpool/queue';
import { aCard, aJob, aModel, aUsage, TestRedis } from '@gistpool/queue/testing';
import type { CardView, SlotView } from '@gistpool/contracts';
import { createLogger } from '@gistpool/telemetry';
import { Scheduler } from './scheduler';

/** What a job can hold by its limits, and what it does hold. */
const BOUND_CELLS = 115;
const USAGE = { ...aUsage, peak_cells: 40, generated_tokens: 43, run_ms: 430 };
const COURSE = { thoughtTokens: [10, 9, 11, 10], tailTokens: 3 };
/** By their bounds two such jobs fit in. */
const POOL_CELLS = 250;
const SLOTS = 8;

let redis: TestRedis;
let config: QueueConfig;
let jobs: Jobs;
let card: CardPort;
let closers: (() => Promise<unknown>)[];

beforeEach(async () => {
  redis = await TestRedis.start();
  config = redis.patientConfig;
  jobs = connectJobs(config);
  card = connectCardPort(config, { card: 'card-0', incarnation: 'one' });
  await card.announce(aPool(), aModel);
  closers = [() => redis.stop(), () => jobs.close(), () => card.close()];
});
afterEach(async () => {
  for (const close of closers.reverse()) await close();
});

/** A card with one pool. `seats`: what is told of its slots. */
function aPool(seats: readonly Partial<SlotView>[] = []): CardView {
  const view = aCard('card-0', 'one', [[SLOTS, POOL_CELLS]]);
  const lanes = view.lanes.map((lane) => ({
    ...lane,
    shared_cells: POOL_CELLS,
    slots: lane.slots.map((slot, at) => ({ ...slot, ...seats[at] })),
  }));
  return { ...view, lanes };
}

const submit = (count: number) =>
  jobs.submit(Array.from({ length: count }, () => aJob({ predictedPeakCells: BOUND_CELLS })));

/** Its time goes on by two seconds a round, so that every round looks for what has ended. */
function aScheduler(admission: 'predicted' | 'bound') {
  const dispatch = connectDispatch(config, admission);
  closers.push(() => dispatch.close());
  let nowMs = Date.now();
  const logger = createLogger('test', 'silent');
  const options = { leaseMs: config.leaseMs, ageingMs: 1e12, eps: 0.05, admission, logger };
  const scheduler = new Scheduler(dispatch, { ...options, nowMs: () => (nowMs += 2_000) });
  /** What one round brings to the card. */
  const round = async (): Promise<Lease[]> => {
    await vi.waitFor(async () => expect(await scheduler.round()).toBe('idle'), { timeout: 20_000 });
    const leases: Lease[] = [];
    for (let more = await card.take(0); more.length > 0; more = await card.take(0)) leases.push(...more);
    return leases;
  };
  return { scheduler, round };
}

const complete = (leases: readonly Lease[]) =>
  Promise.all(leases.map((lease) => lease.complete(USAGE, 'stop', COURSE)));

/** Runs so many jobs to their ends. */
async function learn(round: () => Promise<Lease[]>, count: number): Promise<void> {
  await submit(count);
  for (let ended = 0; ended < count;) {
    const leases = await round();
    ended += leases.length;
    await complete(leases);
  }
  await round();
}

it('puts more jobs into a shared pool than bounds do once it has learnt, and not before', async () => {
  const { scheduler, round } = aScheduler('predicted');
  await submit(SLOTS);
  const first = await round();
  expect(first).toHaveLength(2);
  await complete(first);
  for (let ended = 2; ended < SLOTS;) {
    const leases = await round();
    ended += leases.length;
    await complete(leases);
  }
  await learn(round, 60);
  await submit(SLOTS);
  expect((await round()).length).toBeGreaterThanOrEqual(5);
  // They are not overbooked: a round later all of them still count.
  expect(await round()).toHaveLength(0);
  await scheduler.stop();

  const reader = connectPredictions(config);
  closers.push(() => reader.close());
  expect((await reader.latest())?.admission).toBe('predicted');
});

it('told to go by bounds it goes by them, whatever it has learnt', async () => {
  const { round } = aScheduler('bound');
  await learn(round, 20);
  await submit(SLOTS);
  expect(await round()).toHaveLength(2);
});

it('goes by where sessions stand: nobody comes into a pool that is full now, or where one waits', async () => {
  const { round } = aScheduler('predicted');
  await learn(round, 60);
  await submit(3);
  const atWork = await round();
  expect(atWork).toHaveLength(3);
  await submit(1);
  const seats = (change: Partial<SlotView>): Partial<SlotView>[] =>
    atWork.map(({ job }, at) => ({
      job: job.id,
      phase: 'think',
      thought: 2,
      live_cells: 25,
      floor_cells: 17,
      sampled_tokens: 19,
      peak_cells: 30,
      ...(at === 0 && change),
    }));
  await card.heartbeat(aPool(seats({ live_cells: 200, peak_cells: 200 })));
  expect(await round()).toHaveLength(0);
  await card.heartbeat(aPool(seats({ waits: true })));
  expect(await round()).toHaveLength(0);
  // Out of its slot and still placed: it is parked, and has to come back first.
  await card.heartbeat(aPool(seats({}).slice(1)));
  expect(await round()).toHaveLength(0);
  await card.heartbeat(aPool(seats({})));
  expect(await round()).toHaveLength(1);
});

it('a session that a pool sends away again and again gets one to itself, and comes to its end there', async () => {
  const { round } = aScheduler('predicted');
  await learn(round, 60);
  await submit(1);
  let [lease] = await round();
  const reserved = [lease?.placement.reservedCells ?? 0];
  for (let time = 1; time <= 4; time += 1) {
    const checkpoint = { version: 1, sampled: [1], thoughts: 1, runMs: 5, peakCells: 20 + time } as const;
    await lease?.report([], { checkpoint, thoughts: 1 });
    await lease?.handBack();
    await vi.waitFor(
      async () => {
        [lease] = await round();
        expect(lease).toBeDefined();
      },
      { timeout: 20_000 },
    );
    reserved.push(lease?.placement.reservedCells ?? 0);
  }
  expect(reserved.slice(0, 3).every((cells) => cells < 50)).toBe(true);
  expect(reserved.at(-1)).toBe(BOUND_CELLS);
  await submit(1);
  expect(await round()).toHaveLength(0);
  await complete(lease ? [lease] : []);
  expect(await round()).toHaveLength(1);
});
