import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PlacementView } from '@gistpool/contracts';
import { connectCardPort, connectJobs, type CardPort, type Jobs, type NewJob } from '@gistpool/queue';
import { aCard, aJob, aModel, aUsage } from '@gistpool/queue/testing';
import { errorOf } from '../testing/errors';
import { startScheduler } from '../testing/scheduler-process';
import { TestPool } from '../testing/test-pool';

const soon = { timeout: 50_000, interval: 50 };

let pool: TestPool;
let jobs: Jobs;
let card: CardPort;
let scheduler: { stop(): Promise<void> } | undefined;

beforeAll(async () => {
  pool = await TestPool.start({ withCard: false });
  jobs = connectJobs(pool.queueConfig);
  card = connectCardPort(pool.queueConfig, { card: 'card-0', incarnation: 'one' });
});

afterAll(async () => {
  await scheduler?.stop();
  await Promise.all([jobs.close(), card.close()]);
  await pool.stop();
});

async function placementOf({ id }: Pick<NewJob, 'id'>): Promise<PlacementView> {
  const answer = await pool.fetch(`/v1/jobs/${id}/placement`);
  expect(answer.status).toBe(200);
  return PlacementView.strict().parse(await answer.json());
}

const untilPlaced = async (job: NewJob) => {
  await vi.waitFor(async () => expect((await placementOf(job)).place).not.toBeNull(), soon);
  const [lease] = await card.take(2_000);
  expect(lease?.job.id).toBe(job.id);
  return lease;
};

describe('where a job is', () => {
  it('is 404 of a job that never was', async () => {
    expect(await errorOf(await pool.fetch('/v1/jobs/job_none/placement'))).toMatchObject({
      status: 404,
      code: 'job_not_found',
    });
  });

  it('counts positions as the jobs of a tenant are fetched: by priority, then as they came', async () => {
    const [low, first, second, high] = [
      aJob({ model: 'absent', priority: 7 }),
      aJob({ model: 'absent' }),
      aJob({ model: 'absent' }),
      aJob({ model: 'absent', priority: 3 }),
    ];
    const other = aJob({ model: 'absent', tenant: 'other' });
    await jobs.submit([low, first, second, high, other]);
    const waits = await Promise.all([first, second, high, low, other].map(placementOf));
    expect(waits.map(({ wait }) => wait?.position)).toEqual([1, 2, 3, 4, 1]);
    expect(waits.map(({ wait }) => wait?.waiting)).toEqual([5, 5, 5, 5, 5]);
    expect(waits[0]?.wait).toMatchObject({ reason: 'no_scheduler', eta_ms: null });
  });

  it('says that no card serves the model', async () => {
    scheduler = await startScheduler(pool.queueConfig, {});
    const job = aJob({ model: 'absent' });
    await jobs.submit([job]);
    const reason = { reason: 'no_card', text: 'no card serves absent at the moment', eta_ms: null };
    await vi.waitFor(async () => expect((await placementOf(job)).wait).toMatchObject(reason), soon);
  });

  it('is card, lane and cells at work, what it waits for with the numbers before, and nothing after', async () => {
    await card.announce(
      aCard('card-0', 'one', [
        [1, 2048],
        [2, 512],
      ]),
      aModel,
    );
    const limits = { max_tokens: 4_000, max_thoughts: 10, max_thought_tokens: 1_000 };
    const [first, second, third] = [1, 2, 3].map((createdAtMs) =>
      aJob({ predictedPeakCells: 1_024, limits, createdAtMs }),
    ) as [NewJob, NewJob, NewJob];
    await jobs.submit([first]);
    const lease = await untilPlaced(first);
    expect(await placementOf(first)).toMatchObject({
      predicted_cells: 1_024,
      bound_cells: 1_024,
      attempts: { crashes: 0, resumes: 0 },
      place: { card: 'card-0', lane: 0, reserved_cells: 1_024 },
      wait: null,
    });

    await jobs.submit([second]);
    await jobs.submit([third]);
    const text = 'needs 1,024 cells; the widest free slot of any card has 512';
    expect((await placementOf(second)).wait).toEqual({
      position: 1,
      waiting: 2,
      reason: 'no_free_slot',
      text,
      eta_ms: null,
    });
    expect((await placementOf(third)).wait).toMatchObject({ position: 2, text });

    for (const narrow of [aJob(), aJob(), aJob()]) {
      await jobs.submit([narrow]);
      await (await untilPlaced(narrow))?.complete(aUsage, 'stop');
    }
    const etaOf = async (job: NewJob) => (await placementOf(job)).wait?.eta_ms ?? -1;
    expect(await etaOf(second)).toBeGreaterThan(0);
    expect(await etaOf(third)).toBeGreaterThan(await etaOf(second));

    await lease?.complete(aUsage, 'stop');
    await untilPlaced(second);
    expect(await placementOf(first)).toMatchObject({ state: 'completed', place: null, wait: null });
  });

  it('says of what no slot will ever hold how wide the widest is', async () => {
    const limits = { max_tokens: 100_000, max_thoughts: 10, max_thought_tokens: 70_000 };
    const job = aJob({ predictedPeakCells: 61_440, limits });
    await jobs.submit([job]);
    expect((await placementOf(job)).wait).toMatchObject({
      reason: 'too_wide',
      text: 'needs 61,440 cells; the widest slot of any card has 2,048',
      eta_ms: null,
    });
  });

  it('says of what waits for a pool how much of it is free by what is foreseen, as the scheduler reckons', async () => {
    const model = { ...aModel, name: 'pooled' };
    const view = aCard('card-1', 'one', [[8, 250]], { model: model.name });
    const lanes = view.lanes.map((lane) => ({ ...lane, shared_cells: 250 }));
    const port = connectCardPort(pool.queueConfig, { card: 'card-1', incarnation: 'one' });
    await port.announce({ ...view, lanes }, model);
    const three = [1, 2, 3].map((createdAtMs) =>
      aJob({ model: model.name, predictedPeakCells: 115, createdAtMs }),
    );
    await jobs.submit(three);
    const [last] = three.slice(2);
    if (!last) throw new Error('no job');
    const wait = {
      reason: 'no_free_slot',
      text: 'needs 115 cells at its peak; by what is foreseen the roomiest pool has 20 free at its fullest',
    };
    await vi.waitFor(async () => {
      await port.heartbeat({ ...view, lanes });
      expect((await placementOf(last)).wait).toMatchObject(wait);
    }, soon);
    await port.close();
  });
});
