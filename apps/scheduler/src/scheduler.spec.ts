import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  connectCardPort,
  connectDispatch,
  connectFleet,
  connectJobs,
  type CardPort,
  type Dispatch,
  type Jobs,
  type Lease,
  type NewJob,
} from '@gistpool/queue';
import { aCard, aJob, allEvents, aModel, aUsage, inAWord, TestRedis } from '@gistpool/queue/testing';
import { createLogger } from '@gistpool/telemetry';
import { runScheduler } from './loop';
import { Scheduler } from './scheduler';

const logger = createLogger('test', 'silent');
const soon = { timeout: 20_000, interval: 25 };

let redis: TestRedis;
let jobs: Jobs;
let cleanUps: (() => unknown)[];

beforeEach(async () => {
  redis = await TestRedis.start();
  jobs = connectJobs(redis.config);
  cleanUps = [];
});

afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  await jobs.close();
  await redis.stop();
});

type Lanes = readonly (readonly [slots: number, cells: number])[];

/** A worker without an engine: announced, beating; `die` is kill -9. */
async function aWorker(card: string, lanes: Lanes, overrides: { model?: string; incarnation?: string } = {}) {
  const incarnation = overrides.incarnation ?? `${card}-1`;
  const model = overrides.model ?? 'tiny';
  const port: CardPort = connectCardPort(redis.config, { card, incarnation });
  const view = () => aCard(card, incarnation, lanes, { model });
  await port.announce(view(), { ...aModel, name: model });
  const beating = setInterval(() => void port.heartbeat(view()).catch(() => undefined), 50);
  const die = async () => {
    clearInterval(beating);
    await port.close();
  };
  cleanUps.push(die);
  /** Until `count` placements have come. */
  const take = async (count: number): Promise<Lease[]> => {
    const leases: Lease[] = [];
    await vi.waitFor(async () => {
      leases.push(...(await port.take(50)));
      expect(leases.length).toBeGreaterThanOrEqual(count);
    }, soon);
    return leases;
  };
  return { port, take, die };
}

function aScheduler(id = 'scheduler-a') {
  const dispatch: Dispatch = connectDispatch(redis.config, id);
  const stop = new AbortController();
  const ended = runScheduler(
    dispatch,
    { ...redis.config, ageingMs: 600_000, eps: 0.01, admission: 'bound', logger },
    stop.signal,
  );
  const end = async () => {
    stop.abort();
    await ended;
  };
  cleanUps.push(end);
  return { end };
}

const stateOf = async (job: NewJob) => (await jobs.get(job.id))?.state;

describe('placement', () => {
  it('takes the narrowest lane that holds the job', async () => {
    const worker = await aWorker('card-0', [
      [1, 4096],
      [2, 512],
    ]);
    const [narrow, wide] = [aJob({ predictedPeakCells: 300 }), aJob({ predictedPeakCells: 3_000 })];
    await jobs.submit([narrow, wide]);
    aScheduler();
    const leases = await worker.take(2);
    const laneOf = (job: NewJob) => leases.find((lease) => lease.job.id === job.id)?.placement;
    expect(laneOf(narrow)).toMatchObject({ lane: 1, reservedCells: 300 });
    expect(laneOf(wide)).toMatchObject({ lane: 0, reservedCells: 3_000 });
  });

  it('never gives a slot twice, and gives it again as soon as it is free', async () => {
    const worker = await aWorker('card-0', [[2, 512]]);
    const submitted = Array.from({ length: 7 }, () => aJob());
    await jobs.submit(submitted);
    aScheduler();
    const done: string[] = [];
    let running: Lease[] = [];
    while (done.length < submitted.length) {
      if (done.length + running.length < submitted.length) running.push(...(await worker.take(1)));
      expect(running.length).toBeLessThanOrEqual(2);
      for (const lease of running) await lease.extend();
      const [first, ...rest] = running;
      await first?.complete(aUsage, 'stop');
      if (first) done.push(first.job.id);
      running = rest;
    }
    expect(done).toEqual(submitted.map((job) => job.id));
    expect(await jobs.counts()).toMatchObject({ completed: 7, waiting: 0, running: 0 });
  });

  it('lets narrow jobs pass wide ones that wait for the wide lane', async () => {
    const worker = await aWorker('card-0', [
      [1, 4096],
      [1, 512],
    ]);
    const wide = Array.from({ length: 4 }, () => aJob({ predictedPeakCells: 3_000 }));
    const narrow = aJob({ predictedPeakCells: 100 });
    await jobs.submit([...wide, narrow]);
    aScheduler();
    const placed = (await worker.take(2)).map((lease) => lease.job.id);
    expect(placed.sort()).toEqual([wide[0]?.id, narrow.id].sort());
  });

  it('serves tenants in turn, however much one of them has submitted', async () => {
    const worker = await aWorker('card-0', [[1, 512]]);
    const greedy = Array.from({ length: 50 }, () => aJob({ tenant: 'greedy' }));
    const modest = Array.from({ length: 2 }, () => aJob({ tenant: 'modest' }));
    await jobs.submit([...greedy, ...modest]);
    aScheduler();
    const order: string[] = [];
    while (order.length < 4) {
      for (const lease of await worker.take(1)) {
        order.push(lease.job.tenant);
        await lease.complete(aUsage, 'stop');
      }
    }
    expect(order.filter((tenant) => tenant === 'modest')).toHaveLength(2);
  });

  it('keeps priority: the smaller number is placed first', async () => {
    const submitted = [aJob({ priority: 9 }), aJob({ priority: 2 }), aJob()];
    await jobs.submit(submitted);
    const worker = await aWorker('card-0', [[1, 512]]);
    aScheduler();
    const order: number[] = [];
    while (order.length < 3) {
      for (const lease of await worker.take(1)) {
        order.push(lease.job.priority);
        await lease.complete(aUsage, 'stop');
      }
    }
    expect(order).toEqual([0, 2, 9]);
  });

  it('fails a job that no lane of its model holds, with the numbers', async () => {
    await aWorker('card-0', [[2, 512]]);
    const job = aJob({ predictedPeakCells: 61_440 });
    await jobs.submit([job]);
    aScheduler();
    await vi.waitFor(async () => expect(await stateOf(job)).toBe('failed'), soon);
    expect((await jobs.get(job.id))?.failure).toEqual({
      code: 'does_not_fit',
      message:
        `job ${job.id} needs 61,440 cells at its peak; the largest slot of tiny holds 512. ` +
        'Lower max_thought_tokens or max_tokens, or add a larger lane.',
    });
    expect((await allEvents(jobs, job.id)).map(inAWord)).toEqual(['state:waiting', 'error', 'state:failed']);
  });

  it('lets a job wait whose model no card serves now, without holding up others', async () => {
    aScheduler();
    const orphan = aJob({ model: 'absent', predictedPeakCells: 61_440 });
    await jobs.submit([orphan]);
    const worker = await aWorker('card-0', [[1, 512]]);
    const job = aJob();
    await jobs.submit([job]);
    const [lease] = await worker.take(1);
    expect(lease?.job.id).toBe(job.id);
    expect(await stateOf(orphan)).toBe('waiting');
    const late = await aWorker('card-1', [[1, 65_536]], { model: 'absent' });
    expect((await late.take(1))[0]?.job.id).toBe(orphan.id);
  });

  it('ends a job that is cancelled while it is held without a slot', async () => {
    await aWorker('card-0', [
      [1, 4096],
      [1, 512],
    ]);
    const [first, second] = [aJob({ predictedPeakCells: 3_000 }), aJob({ predictedPeakCells: 3_000 })];
    await jobs.submit([first, second]);
    aScheduler();
    await vi.waitFor(async () => expect(await stateOf(first)).toBe('placed'), soon);
    await jobs.cancel(second.id);
    await vi.waitFor(async () => expect(await stateOf(second)).toBe('cancelled'), soon);
    expect((await allEvents(jobs, second.id)).map(inAWord)).toEqual(['state:waiting', 'state:cancelled']);
  });
});

describe('when a worker dies', () => {
  it('its job goes on elsewhere from its checkpoint', async () => {
    const first = await aWorker('card-0', [[1, 512]]);
    const job = aJob();
    await jobs.submit([job]);
    aScheduler();
    const [lease] = await first.take(1);
    await lease?.report([], {
      state: 'thinking',
      checkpoint: { version: 1, sampled: [7], thoughts: 1, runMs: 1 },
    });
    await first.die();
    const second = await aWorker('card-1', [[1, 512]]);
    const [resumed] = await second.take(1);
    expect(resumed?.checkpoint?.sampled).toEqual([7]);
    expect(resumed?.job).toMatchObject({ id: job.id, crashes: 1, resumes: 1 });
    await resumed?.complete(aUsage, 'stop');
  });

  it('three times over the same job, the job is poison', async () => {
    const [poison, harmless] = [aJob(), aJob()];
    await jobs.submit([poison]);
    aScheduler();
    for (const incarnation of ['one', 'two', 'three']) {
      const worker = await aWorker('card-0', [[1, 512]], { incarnation });
      expect((await worker.take(1))[0]?.job.id).toBe(poison.id);
      await worker.die();
    }
    const worker = await aWorker('card-0', [[1, 512]], { incarnation: 'four' });
    await jobs.submit([harmless]);
    const [lease] = await worker.take(1);
    expect(lease?.job.id).toBe(harmless.id);
    // The only slot is free again: what waits is fetched.
    await lease?.complete(aUsage, 'stop');
    await vi.waitFor(async () => expect(await stateOf(poison)).toBe('failed'), soon);
    expect((await jobs.get(poison.id))?.failure).toEqual({
      code: 'poison',
      message: `job ${poison.id} was at work in 3 workers that died; it is not tried again`,
    });
  });
});

describe('of two schedulers', () => {
  it('one leads, and the other takes over when it dies with jobs in its hands', async () => {
    const fleet = connectFleet(redis.config);
    cleanUps.push(() => fleet.close());
    // Leads, fetches what it cannot place yet, and is never heard of again.
    const dying = connectDispatch(redis.config, 'scheduler-a');
    const worker = await aWorker('card-0', [
      [1, 4096],
      [1, 512],
    ]);
    const wide = [aJob({ predictedPeakCells: 3_000 }), aJob({ predictedPeakCells: 3_000 })];
    await jobs.submit(wide);
    const scheduler = new Scheduler(dying, {
      leaseMs: redis.config.leaseMs,
      ageingMs: 600_000,
      eps: 0.01,
      admission: 'bound',
      logger,
    });
    await scheduler.round();
    expect(scheduler.held).toBe(1);
    expect(await fleet.leader()).toBe('scheduler-a');
    aScheduler('scheduler-b');
    expect(await fleet.leader()).toBe('scheduler-a');
    await dying.close();

    await vi.waitFor(async () => expect(await fleet.leader()).toBe('scheduler-b'), soon);
    const [first] = await worker.take(1);
    expect(first?.job.id).toBe(wide[0]?.id);
    await first?.complete(aUsage, 'stop');
    const [second] = await worker.take(1);
    expect(second?.job).toMatchObject({ id: wide[1]?.id, crashes: 0 });
  });

  it('the one that stops gives back what it holds and the lead at once', async () => {
    const fleet = connectFleet(redis.config);
    cleanUps.push(() => fleet.close());
    await aWorker('card-0', [
      [1, 4096],
      [1, 512],
    ]);
    await jobs.submit([aJob({ predictedPeakCells: 3_000 }), aJob({ predictedPeakCells: 3_000 })]);
    const first = aScheduler('scheduler-a');
    await vi.waitFor(async () => expect(await fleet.leader()).toBe('scheduler-a'), soon);
    await vi.waitFor(async () => expect(await jobs.counts()).toMatchObject({ running: 1 }), soon);
    await first.end();
    expect(await fleet.leader()).toBeNull();
    const dispatch = connectDispatch(redis.config, 'look');
    cleanUps.push(() => dispatch.close());
    expect(await dispatch.queues()).toMatchObject([{ waiting: 1 }]);
  });
});

it('goes on after redis was killed and started again', async () => {
  const worker = await aWorker('card-0', [[1, 512]]);
  aScheduler();
  const [before, after] = [aJob(), aJob()];
  await jobs.submit([before]);
  const [lease] = await worker.take(1);
  await redis.kill();
  await redis.restart();
  await lease?.complete(aUsage, 'stop');
  await jobs.submit([after]);
  expect((await worker.take(1))[0]?.job.id).toBe(after.id);
  expect(await stateOf(before)).toBe('completed');
});

it('stops within seconds while redis is away', async () => {
  const scheduler = aScheduler();
  await redis.kill();
  const beganMs = Date.now();
  await scheduler.end();
  expect(Date.now() - beganMs).toBeLessThan(10_000);
  await redis.restart();
});
