import type { Demand } from '@gistpool/core';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { LaneCard } from './card';
import { Bench, DEFAULTS, request, runAll } from './testing/card.fixture';
import type { UsualJob } from './types';

/** Sessions that hold little next to what their limits would let them hold. */
const narrow = (job: UsualJob): Demand => ({
  meanCells: 120,
  deviationCells: 40,
  widestCells: 300,
  peaks: [
    { share: 0.9, cells: job.promptTokens + 100 },
    { share: 0.95, cells: job.promptTokens + 150 },
  ],
});

const unknown = (): Demand => ({ meanCells: 1500, deviationCells: 0, widestCells: 1500, peaks: [] });

describe('a card that chooses its lanes', () => {
  const bench = new Bench();
  const modelPath = bench.model('chooses');
  const limits = { max_tokens: 1000, max_thoughts: 20, max_thought_tokens: 400 };
  const { lanes: _, ...rest } = DEFAULTS;
  const open = (demandOf: (job: UsualJob) => Demand): Promise<LaneCard> =>
    bench.open({ ...rest, modelPath, demandOf, defaultLimits: limits, kvBudgetBytes: 8 * 1024 * 1024 });
  afterEach(() => {
    bench.expectSoundCards();
  });
  afterAll(() => bench.close());

  it('takes more sessions at once where they hold little, under the same budget', async () => {
    const cautious = await open(unknown);
    const informed = await open(narrow);
    const slots = (card: LaneCard): number => card.lanes().flatMap((lane) => lane.slots).length;
    expect(slots(informed)).toBeGreaterThan(slots(cautious));
    for (const card of [cautious, informed]) expect(card.kvBytes).toBeLessThanOrEqual(card.kvBudgetBytes);
  });

  it('still has a place for a job that holds all that its limits allow', async () => {
    const card = await open(narrow);
    const widest = Math.max(...card.lanes().map((lane) => lane.cells_per_slot));
    expect(widest).toBeGreaterThanOrEqual(card.model.default_limits.max_tokens);
    expect(card.model.largest_slot_cells).toBe(widest);
  });

  it('decodes on them', async () => {
    const card = await open(narrow);
    const jobs = ['a', 'b', 'c'].map((id) => request(id, { lane: 0 }));
    for (const job of jobs) expect(card.admit(job)).toBeUndefined();
    const told = await runAll(card);
    for (const { jobId } of jobs) expect(told.get(jobId)?.finish).toBeDefined();
  });
});
