import { afterAll, beforeAll, expect, it } from 'vitest';
import { PredictionExplanation, PredictionsView } from '@gistpool/contracts';
import type { Lease } from '@gistpool/queue';
import { startScheduler } from '../testing/scheduler-process';
import { TestPool, USAGE } from '../testing/test-pool';

const JOBS = 40;
const EPS = 0.1;
const PEAK_CELLS = 60;
const PATIENCE = { timeout: 40_000, interval: 50 };
const request = { prompt: 'one two three four five', task: 'sums' };

let pool: TestPool;
let scheduler: { stop(): Promise<void> } | undefined;
beforeAll(async () => {
  pool = await TestPool.start();
});
afterAll(async () => {
  await scheduler?.stop();
  await pool.stop();
});

const predictions = async () => PredictionsView.parse(await (await pool.fetch('/v1/predictions')).json());
const ended = async () => (await predictions()).groups[0]?.ended_sessions;
const ask = (body: object) => pool.post('/v1/predictions/explain', JSON.stringify(body));
async function explained(body: object): Promise<PredictionExplanation> {
  const answer = await ask(body);
  expect(answer.status).toBe(200);
  return PredictionExplanation.parse(await answer.json());
}

/** Ends jobs as they are placed, each with the same course; answers what their peaks were predicted. */
async function endAll(count: number): Promise<number[]> {
  const promised: number[] = [];
  const usage = { ...USAGE, peak_cells: PEAK_CELLS, generated_tokens: 26, run_ms: 260 };
  const end = async (lease: Lease) => {
    promised.push(lease.job.promisedPeakCells ?? 0);
    await lease.complete(usage, 'stop', { thoughtTokens: [10, 12], tailTokens: 4 });
  };
  while (promised.length < count) for (const lease of await pool.worker.port.take(100)) await end(lease);
  return promised;
}

it('before any scheduler has published, knows no groups and predicts upper bounds', async () => {
  expect(await predictions()).toEqual({
    version: 1,
    eps: 0.01,
    published_at_ms: null,
    margins: [],
    groups: [],
  });
  const told = await explained(request);
  expect(told.predicted_peak_cells).toBe(told.upper_bound_cells);
  expect(told).toMatchObject({ model: 'nano', task: 'sums', prompt_tokens: 5, borrowed: null });
  expect(told.because).toContain(`upper bound of ${told.upper_bound_cells} cells: 0 sessions`);
});

it('shows what the scheduler has learnt: groups with counts, coverage and sharpness', async () => {
  scheduler = await startScheduler(pool.queueConfig, { GISTPOOL_EPS: String(EPS) });
  const lines = new Array<string>(JOBS).fill(JSON.stringify(request));
  expect((await pool.batch(lines.join('\n'))).receipt.jobs).toHaveLength(JOBS);
  const promised = await endAll(JOBS);

  await expect.poll(ended, PATIENCE).toBe(JOBS);
  const { version, eps, published_at_ms, margins, groups } = await predictions();
  expect({ version, eps }).toEqual({ version: 1, eps: EPS });
  expect(Math.abs(Date.now() - (published_at_ms ?? 0))).toBeLessThan(60_000);
  expect(margins).toEqual([{ model: 'nano', deviations: 1.5 }]);
  expect(groups).toEqual([
    {
      model: 'nano',
      policy: 'lightthinker:3:thought:0',
      task: 'sums',
      prompt_tokens: 4,
      limits: { max_tokens: 512, max_thoughts: 32, max_thought_tokens: 64 },
      ended_sessions: JOBS,
      coverage: { promises: JOBS, missed: promised.filter((cells) => cells < PEAK_CELLS).length, factor: 1 },
      sharpness: expect.closeTo((JOBS * PEAK_CELLS) / promised.reduce((sum, cells) => sum + cells, 0), 9),
    },
  ]);
});

it('explains what a job would be predicted, which is what it is then promised, and stores nothing', async () => {
  const told = await explained(request);
  expect(told.predicted_peak_cells).toBeGreaterThanOrEqual(PEAK_CELLS);
  expect(told.predicted_peak_cells).toBeLessThanOrEqual(Math.ceil(1.04 * PEAK_CELLS));
  expect(told.upper_bound_cells).toBeGreaterThan(2 * PEAK_CELLS);
  expect(told).toMatchObject({ eps: EPS, borrowed: null, run: { ms_per_token: expect.closeTo(10, 6) } });
  expect(told.because).toBe('At most 10 % of such jobs exceed it, by 40 ended sessions of its own group.');
  expect(told.groups.map((group) => group.name)).toEqual([
    'nano, lightthinker:3:thought:0',
    'task sums',
    'prompts of about 4 tokens',
    'limits of about 512 tokens, 32 thoughts of 64',
  ]);

  const { id } = await pool.submit(request);
  expect(await endAll(1)).toEqual([told.predicted_peak_cells]);
  expect((await pool.get(id)).predicted_peak_cells).toBe(told.predicted_peak_cells);
  const { data } = (await (await pool.fetch('/v1/jobs?limit=500')).json()) as { data: unknown[] };
  expect(data).toHaveLength(JOBS + 1);
});

it('says from whom a job borrows of whose kind nothing was seen', async () => {
  const told = await explained({ ...request, task: 'riddles' });
  expect(told.borrowed).toEqual({ from: 'nano, lightthinker:3:thought:0', share: 1 });
  expect(told.groups.at(-1)).toMatchObject({ ended_sessions: 0 });
  expect(told.predicted_peak_cells).toBeLessThan(told.upper_bound_cells);
  expect(told.because).toContain('for about 100 %, by those of "nano, lightthinker:3:thought:0"');
});

it('refuses what a submit would refuse', async () => {
  const refused = async (body: object) => {
    const answer = await ask(body);
    const { error } = (await answer.json()) as { error: { code: string; param: string | null } };
    return [answer.status, error.code, error.param];
  };
  expect(await refused({ task: 'sums' })).toEqual([400, 'invalid_request', 'prompt']);
  expect(await refused({ ...request, model: 'other' })).toEqual([400, 'unknown_model', 'model']);
  const wide = { ...request, limits: { max_tokens: 5_000, max_thoughts: 400, max_thought_tokens: 400 } };
  expect((await refused(wide)).slice(0, 2)).toEqual([422, 'does_not_fit']);
});

it('still knows what was learnt when the scheduler is gone', async () => {
  await expect.poll(ended, PATIENCE).toBe(JOBS + 1);
  await scheduler?.stop();
  scheduler = undefined;
  expect(await ended()).toBe(JOBS + 1);
});
