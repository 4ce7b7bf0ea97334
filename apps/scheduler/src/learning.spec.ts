import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LEAST_Z, MARGIN_STEP_Z, Predictor, type Course } from '@gistpool/core';
import {
  connectCardPort,
  connectDispatch,
  connectJobs,
  connectPredictions,
  featuresOf,
  namesFor,
  predictorFrom,
  type CardPort,
  type Dispatch,
  type Ending,
  type Jobs,
  type Lease,
  type NewJob,
  type Predictions,
  type QueueConfig,
} from '@gistpool/queue';
import { aCard, aJob, aModel, aUsage, TestRedis } from '@gistpool/queue/testing';
import { createLogger } from '@gistpool/telemetry';
import { Learner } from './learner';
import { Scheduler } from './scheduler';

const logger = createLogger('test', 'silent');
const EPS = 0.05;
const course: Course = { thoughtTokens: [6, 8, 6], tailTokens: 3 };
const usage = { ...aUsage, peak_cells: 40, generated_tokens: 23, run_ms: 230 };

let redis: TestRedis;
let config: QueueConfig;
let jobs: Jobs;
let port: CardPort;
let closers: (() => Promise<unknown>)[];

beforeEach(async () => {
  redis = await TestRedis.start();
  config = redis.patientConfig;
  jobs = connectJobs(config);
  port = connectCardPort(config, { card: 'card-0', incarnation: 'one' });
  await port.announce(aCard('card-0', 'one', [[64, 512]]), aModel);
  closers = [() => redis.stop(), () => jobs.close(), () => port.close()];
});
afterEach(async () => {
  for (const close of closers.reverse()) await close();
});

const submit = async (count: number) => {
  const submitted = Array.from({ length: count }, () => aJob());
  await jobs.submit(submitted);
  return submitted;
};

/** Time goes on by two seconds a round, so that every round looks for what has ended. */
function aScheduler(id: string, admission: 'predicted' | 'bound' = 'bound') {
  const dispatch: Dispatch = connectDispatch(config, id);
  let nowMs = Date.now();
  const options = {
    leaseMs: config.leaseMs,
    ageingMs: 1e12,
    eps: EPS,
    admission,
    logger,
    nowMs: () => (nowMs += 2_000),
  };
  const scheduler = new Scheduler(dispatch, options);
  /** A round, or, where told, so many that no more than these jobs wait for a place. */
  const rounds = (waiting?: number) =>
    vi.waitFor(
      async () => {
        expect(await scheduler.round()).toBe('idle');
        if (waiting === undefined) return;
        const queues = await dispatch.queues();
        expect(queues.reduce((sum, queue) => sum + queue.waiting, 0)).toBe(waiting);
      },
      { timeout: 20_000, interval: 20 },
    );
  return { scheduler, dispatch, rounds };
}

async function take(count: number): Promise<Lease[]> {
  const leases: Lease[] = [];
  await vi.waitFor(
    async () => {
      leases.push(...(await port.take(20)));
      expect(leases.length).toBeGreaterThanOrEqual(count);
    },
    { timeout: 20_000, interval: 20 },
  );
  return leases;
}

async function predictor() {
  const reader = connectPredictions(config);
  const latest = await reader.latest();
  await reader.close();
  const read = latest && predictorFrom(latest);
  if (!read?.ok) throw new Error('no predictions');
  return read.predictor;
}
const known = async (job: NewJob) => (await predictor()).known(featuresOf(job, aModel));

it('learns from the jobs that end what those to come will hold, and promises it', async () => {
  const { scheduler, dispatch, rounds } = aScheduler('a');
  closers.push(() => dispatch.close());
  const [first] = await submit(60);
  await rounds(0);
  for (const lease of await take(60)) {
    expect(lease.job.promisedPeakCells).toBe(lease.job.promptTokens + 10 * 6 + 50);
    await lease.complete(usage, 'stop', course);
  }
  await rounds();
  if (!first) throw new Error('no job');
  expect((await known(first)).endedSessions).toBeCloseTo(60, 6);
  expect((await known(first)).coverage).toMatchObject({ promises: 60, missed: 0 });
  expect((await known(first)).msPerToken).toBeCloseTo(10, 6);
  const [late] = await submit(1);
  await rounds(0);
  const [lease] = await take(1);
  expect(lease?.job).toMatchObject({ id: late?.id, predictedPeakCells: 200 });
  expect(lease?.job.promisedPeakCells).toBeGreaterThanOrEqual(40);
  expect(lease?.job.promisedPeakCells).toBeLessThan(45);
  // Told to place by the bound, it still does.
  expect(lease?.placement.reservedCells).toBe(200);
  await scheduler.stop();
});

it('told to place by predicted peaks, reserves those, and what a job needs that outgrew its place', async () => {
  const { dispatch, rounds } = aScheduler('a', 'predicted');
  closers.push(() => dispatch.close());
  await submit(60);
  await rounds(0);
  for (const lease of await take(60)) {
    expect(lease.placement.reservedCells).toBeLessThanOrEqual(lease.job.predictedPeakCells);
    await lease.complete(usage, 'stop', course);
  }
  await rounds();
  const [job] = await submit(1);
  await rounds(0);
  const [lease] = await take(1);
  expect(lease?.placement).toMatchObject({ jobId: job?.id, reservedCells: lease?.job.promisedPeakCells });
  expect(lease?.placement.reservedCells).toBeLessThan(45);

  const checkpoint = { version: 1, sampled: [1], thoughts: 0, runMs: 5, peakCells: 120 } as const;
  await lease?.report([], { checkpoint });
  await lease?.handBack();
  await rounds(0);
  const [again] = await take(1);
  expect(again?.placement).toMatchObject({ jobId: job?.id, reservedCells: 120 });
  expect(again?.job).toMatchObject({ outgrown: 1, promisedPeakCells: lease?.job.promisedPeakCells });
});

it('counts every end once, whichever scheduler dies in between, and none of what was lost', async () => {
  const [job] = await submit(30);
  if (!job) throw new Error('no job');
  const first = aScheduler('a');
  await first.rounds(0);
  const leases = await take(30);
  for (const lease of leases.slice(0, 10)) await lease.complete(usage, 'stop', course);
  await first.rounds();
  for (const lease of leases.slice(10, 15)) await lease.complete(usage, 'stop', course);
  // kill -9, and its lead runs out: what ended last is not in what it has published.
  await first.dispatch.close();
  await redis.withClient((client) => client.del(namesFor(config.prefix).leader));
  for (const lease of leases.slice(15, 20)) await lease.complete(usage, 'stop', course);
  await leases[20]?.cancelled({ ...usage, peak_cells: 500 }, course);

  const second = aScheduler('b');
  closers.push(() => second.dispatch.close());
  await second.rounds();
  expect((await known(job)).endedSessions).toBeCloseTo(20, 6);
  expect((await known(job)).coverage.promises).toBeCloseTo(30, 6);

  // The worker is lost with nine jobs at work; what it held is counted no more.
  const other = connectCardPort(config, { card: 'card-0', incarnation: 'two' });
  closers.push(() => other.close());
  await other.announce(aCard('card-0', 'two', [], { state: 'draining' }), aModel);
  await second.rounds();
  expect((await known(job)).coverage.promises).toBeCloseTo(21, 6);
});

it('sessions at work that have gone far raise what is predicted, and leave no trace when they are gone', () => {
  const features = featuresOf(aJob(), aModel);
  const learner = new Learner(new Predictor({ eps: EPS }));
  const ending = (n: number): Ending => ({
    jobId: `job-${n}`,
    model: aModel.name,
    tenant: 'default',
    promptTokens: features.promptTokens,
    limits: aJob().limits,
    outcome: 'completed',
    promisedAtMs: n,
    promisedPeakCells: 115,
    course,
    peakCells: 40,
    runMs: 1,
    generatedTokens: 23,
    cellMs: 1,
  });
  learner.count(
    Array.from({ length: 60 }, (_, n) => ending(n)),
    '60-0',
    new Map([[aModel.name, aModel]]),
    0,
  );
  const before = learner.predictions(0);
  const predicted = () => learner.predictor.predictedPeakCells(features);
  expect(predicted()).toBeLessThan(45);
  const atWork = { features, promisedPeakCells: 45, promisedAtMs: 100, thoughts: 4, peakCells: 90 };
  learner.follow(Array.from({ length: 20 }, () => atWork));
  expect(predicted()).toBeGreaterThan(90);
  learner.follow([]);
  expect(predicted()).toBeLessThan(45);
  expect(learner.predictions(0)).toEqual(before);
});

it('keeps more of the pools of a model free as its jobs overflow, and so does the next leader', () => {
  const features = featuresOf(aJob(), aModel);
  const learner = new Learner(new Predictor({ eps: EPS }));
  const ending = (jobId: string, overflows: number): Ending => ({
    jobId,
    model: aModel.name,
    tenant: 'default',
    promptTokens: features.promptTokens,
    limits: aJob().limits,
    outcome: 'completed',
    promisedAtMs: 1,
    promisedPeakCells: 115,
    course,
    peakCells: 40,
    runMs: 1,
    generatedTokens: 23,
    overflows,
    cellMs: 1,
  });
  const models = new Map([[aModel.name, aModel]]);
  learner.count([ending('a', 0)], '1-0', models, 2);
  expect(learner.margins.get(aModel.name)?.z).toBe(LEAST_Z);
  learner.count([ending('b', 1), ending('c', 2)], '3-0', models, 3);
  expect(learner.margins.get(aModel.name)?.z).toBeCloseTo(LEAST_Z + 2 * MARGIN_STEP_Z, 2);
  const stored = JSON.parse(JSON.stringify(learner.predictions(4))) as Predictions;
  const restored = Learner.restore(stored, EPS);
  if (!restored.ok) throw new Error(restored.problem);
  expect(restored.learner.margins.get(aModel.name)?.z).toBe(learner.margins.get(aModel.name)?.z);
});
