import { afterEach, beforeEach, expect, it } from 'vitest';
import { jainIndex } from '@gistpool/core';
import {
  connectCardPort,
  connectDispatch,
  connectJobs,
  type CardPort,
  type Dispatch,
  type Jobs,
  type Lease,
  type NewJob,
} from '@gistpool/queue';
import { aCard, aJob, aModel, aUsage, TestRedis } from '@gistpool/queue/testing';
import { createLogger } from '@gistpool/telemetry';
import { Scheduler } from './scheduler';

const AGEING_MS = 20_000;
/** Hundreds of rounds on a real Redis: slow where others have the machine. */
const TEST_MS = 240_000;

let redis: TestRedis;
let jobs: Jobs;
let dispatch: Dispatch;
let card: CardPort;
let scheduler: Scheduler;
let successors = 0;
/** Made-up time, in which jobs take as long as a test says; nothing here waits for it. */
let nowMs: number;
let running: { lease: Lease; endsMs: number }[];
let started: { job: NewJob; atMs: number }[];

beforeEach(async () => {
  redis = await TestRedis.start();
  const config = redis.patientConfig;
  jobs = connectJobs(config);
  dispatch = connectDispatch(config, 'scheduler-a');
  card = connectCardPort(config, { card: 'card-0', incarnation: 'one' });
  nowMs = Date.now();
  scheduler = aScheduler();
  [running, started] = [[], []];
});

const aScheduler = () =>
  new Scheduler(dispatch, {
    leaseMs: 1e9,
    ageingMs: AGEING_MS,
    eps: 0.01,
    admission: 'bound',
    logger: createLogger('test', 'silent'),
    nowMs: () => nowMs,
  });

afterEach(async () => {
  await Promise.all([jobs.close(), dispatch.close(), card.close()]);
  await redis.stop();
});

/** Another takes the lead, having seen nothing. A leader that `dies` neither publishes nor gives back what it has fetched. */
async function replaceScheduler(dies: boolean): Promise<void> {
  if (dies) await dispatch.resign();
  else await scheduler.stop();
  await dispatch.close();
  successors += 1;
  dispatch = connectDispatch(redis.patientConfig, `scheduler-${successors}`);
  scheduler = aScheduler();
}

/** One round, what came of it, and the time until the next job ends. */
async function step(runMs: (job: NewJob) => number): Promise<void> {
  while ((await scheduler.round()) === 'again');
  for (let leases = await card.take(0); leases.length > 0; leases = await card.take(0)) {
    for (const lease of leases) {
      started.push({ job: lease.job, atMs: nowMs });
      running.push({ lease, endsMs: nowMs + runMs(lease.job) });
    }
  }
  nowMs = Math.min(...running.map(({ endsMs }) => endsMs));
  const ended = running.filter(({ endsMs }) => endsMs <= nowMs);
  running = running.filter(({ endsMs }) => endsMs > nowMs);
  await Promise.all(ended.map(({ lease }) => lease.complete(aUsage, 'stop')));
}

const heavyJob = { tenant: 'heavy', predictedPeakCells: 480 };
const lightTenants = Array.from({ length: 9 }, (_, n) => `light-${n}`);
const runMs = (job: NewJob) => (job.tenant === 'heavy' ? 4_000 : 1_000);
const used = (tenant: string) =>
  started
    .filter(({ job }) => job.tenant === tenant)
    .reduce((sum, { job }) => sum + job.predictedPeakCells * runMs(job), 0);

/** All of them have jobs waiting until the heavy one has had eight; `between` runs after each step. */
async function contend(between: (steps: number) => Promise<void> = () => Promise.resolve()): Promise<void> {
  await card.announce(aCard('card-0', 'one', [[20, 512]]), aModel);
  await jobs.submit(Array.from({ length: 100 }, () => aJob(heavyJob)));
  for (const tenant of lightTenants)
    await jobs.submit(Array.from({ length: 100 }, () => aJob({ tenant, predictedPeakCells: 240 })));
  for (let steps = 1; used('heavy') < 8 * 480 * 4_000; steps += 1) {
    await step(runMs);
    await between(steps);
  }
  expect(await dispatch.queues()).toHaveLength(10);
}

it(
  'a heavy tenant and nine light ones get as many KV byte-seconds each while all of them have jobs waiting',
  async () => {
    await contend();
    // In turn, job by job, it would be (8 + 9)^2 / (10 (64 + 9)) = 0.40.
    expect(jainIndex(['heavy', ...lightTenants].map(used))).toBeGreaterThanOrEqual(0.95);
  },
  TEST_MS,
);

it.each([
  ['steps down', false],
  ['dies', true],
])(
  'the heavy tenant gets no fresh start when a scheduler that %s is replaced, again and again',
  async (_how, dies) => {
    const before = successors;
    await contend(async (steps) => {
      if (steps % 3 === 0) await replaceScheduler(dies);
    });
    expect(successors - before).toBeGreaterThanOrEqual(5);
    expect(jainIndex(['heavy', ...lightTenants].map(used))).toBeGreaterThanOrEqual(0.95);
  },
  TEST_MS,
);

it('a wide job of low priority starts within the ageing time, however many urgent narrow ones there are', async () => {
  await card.announce(
    aCard('card-0', 'one', [
      [1, 2_048],
      [2, 512],
    ]),
    aModel,
  );
  const humble = aJob({ priority: 9, predictedPeakCells: 1_500, createdAtMs: nowMs });
  const urgent = Array.from({ length: 150 }, () => aJob({ createdAtMs: nowMs }));
  await jobs.submit([humble, ...urgent]);
  const submittedMs = nowMs;
  const isStarted = () => started.find(({ job }) => job.id === humble.id);
  while (!isStarted() && nowMs - submittedMs < 2 * AGEING_MS) await step(() => 1_000);
  expect((isStarted()?.atMs ?? Infinity) - submittedMs).toBeLessThanOrEqual(AGEING_MS);
  // Until then its priority counts.
  expect((isStarted()?.atMs ?? 0) - submittedMs).toBeGreaterThanOrEqual(AGEING_MS / 2);
});
