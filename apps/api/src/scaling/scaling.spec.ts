import { afterAll, beforeAll, expect, it } from 'vitest';
import { ModelScaling, ScalingView } from '@gistpool/contracts';
import { errorOf } from '../testing/errors';
import { TestPool, USAGE } from '../testing/test-pool';
import { startScheduler } from '../testing/scheduler-process';

const WAITING = 600;
const PATIENCE = { timeout: 40_000, interval: 50 };

let pool: TestPool;
let scheduler: { stop(): Promise<void> } | undefined;
beforeAll(async () => {
  pool = await TestPool.start();
});
afterAll(async () => {
  await scheduler?.stop();
  await pool.stop();
});

const nano = async () => ModelScaling.strict().parse(await (await pool.fetch('/scaling?model=nano')).json());

it('asks for no card when nothing waits and nothing runs', async () => {
  expect(await nano()).toEqual({
    model: 'nano',
    desired_cards: 0,
    present_cards: 1,
    waiting_jobs: 0,
    running_jobs: 0,
    card_cells: 8 * 512,
    demanded_cells: 0,
    backlog_cell_seconds: 0,
    reason: 'nothing waits and nothing runs',
  });
});

it('of a model that was never announced asks for one, so that it can be', async () => {
  const told = ModelScaling.parse(await (await pool.fetch('/v1/scaling?model=never-seen')).json());
  expect(told).toMatchObject({ desired_cards: 1, present_cards: 0, card_cells: null });
  expect(told.reason).toContain('no card of never-seen was ever seen');
  const refused = await errorOf(await pool.fetch('/scaling?model=../x'));
  expect(refused).toMatchObject({ status: 400, code: 'invalid_request', param: 'model' });
});

it('keeps the card of a running job', async () => {
  await pool.submit({ prompt: 'a b c', tenant: 'first' });
  const lease = await pool.worker.takeNext('reasoning.nano.first');
  expect(await nano()).toMatchObject({
    desired_cards: 1,
    waiting_jobs: 0,
    running_jobs: 1,
    demanded_cells: 256,
  });
  await lease.complete({ ...USAGE, run_ms: 260 }, 'stop');
  expect((await nano()).desired_cards).toBe(0);
});

it('asks for as many as end the backlog in time, of all tenants and priorities, by a sample of it', async () => {
  const line = (at: number) =>
    JSON.stringify({ prompt: 'a b c', tenant: `tenant-${at % 3}`, ...(at % 2 === 0 && { priority: 5 }) });
  const lines = Array.from({ length: WAITING }, (_, at) => line(at));
  expect((await pool.batch(lines.join('\n'))).receipt.jobs).toHaveLength(WAITING);
  const told = await nano();
  expect(told).toMatchObject({ waiting_jobs: WAITING, running_jobs: 0 });
  const { predicted_peak_cells: cells = 0 } = await pool.submit({ prompt: 'a b c' });
  expect(told.demanded_cells).toBe(WAITING * cells);
  // Nothing has ended that teaches: 60 s each, 8 slots a card, 10 minutes.
  expect(told.backlog_cell_seconds).toBe(WAITING * cells * 60);
  expect(told.desired_cards).toBe(Math.ceil((WAITING * 60) / 8 / 600));
  expect(told.reason).toContain('600 waiting and 0 running jobs');
  expect(told.reason).toContain('7.5 cards end them within 600 s (75 would hold all at once)');
  expect(told.reason).toContain('a run is assumed to take 60 s, none has ended yet');
});

it('counts jobs that the scheduler has fetched and not placed, and reads out of one document for every model', async () => {
  const answer = await pool.fetch('/v1/scaling');
  const { models, ...rest } = ScalingView.parse(await answer.json());
  expect(rest).toEqual({ object: 'scaling', drain_ms: 600_000, min_cards: 0, max_cards: 64 });
  expect(Object.keys(models)).toEqual(['nano']);
  scheduler = await startScheduler(pool.queueConfig, {});
  await expect.poll(async () => (await nano()).running_jobs, PATIENCE).toBe(8);
  expect(await nano()).toMatchObject({ waiting_jobs: WAITING + 1 - 8, present_cards: 1 });
});

it('goes by how long jobs were seen to run', async () => {
  const usage = { ...USAGE, generated_tokens: 26, run_ms: 26 * 1_000 };
  for (const lease of await pool.worker.port.take(2_000))
    await lease.complete(usage, 'stop', { thoughtTokens: [10, 12], tailTokens: 4 });
  await expect.poll(async () => (await nano()).reason, PATIENCE).not.toContain('assumed');
  const { desired_cards, backlog_cell_seconds, demanded_cells } = await nano();
  expect(desired_cards).toBeGreaterThanOrEqual(1);
  expect(backlog_cell_seconds).toBeGreaterThan(demanded_cells);
});

it('plans for a fleet that is gone by what its last card held', async () => {
  await pool.worker.port.withdraw();
  const told = await nano();
  expect(told).toMatchObject({ present_cards: 0, card_cells: 8 * 512 });
  expect(told.desired_cards).toBeGreaterThanOrEqual(1);
});
