import { type Demand, upperBoundPeakCells } from '@gistpool/core';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { LaneCard } from './card';
import { Bench, DEFAULTS, request, runAll } from './testing/card.fixture';
import type { UsualJob } from './types';

/** Sessions that hold little next to what their limits would let them hold. */
const narrow = (job: UsualJob): Demand => ({
  meanCells: 120,
  deviationCells: 40,
  widestCells: 300,
  peaks: [{ share: 0.98, cells: job.promptTokens + 150 }],
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
    expect(card.model.largest_slot_cells).toBeLessThanOrEqual(widest);
    const { max_tokens, max_thoughts, max_thought_tokens } = card.model.default_limits;
    const limits = { maxTokens: max_tokens, maxThoughts: max_thoughts, maxThoughtTokens: max_thought_tokens };
    const bound = upperBoundPeakCells({ kind: 'vanilla' }, 320, limits);
    expect(card.model.largest_slot_cells).toBeGreaterThanOrEqual(bound);
  });

  it('promises that so wide a job fits, whatever it chooses', async () => {
    const [cautious, informed] = [await open(unknown), await open(narrow)];
    expect(informed.model.largest_slot_cells).toBe(cautious.model.largest_slot_cells);
  });

  it('says what other lanes would bring, in figures of the same kind', async () => {
    const card = await open(unknown);
    const same = card.consider(unknown);
    expect(same?.planned).toEqual(same?.present);
    expect(same?.to).toBe(same?.from);
    const other = card.consider(narrow);
    expect(other?.from).toBe(same?.from);
    expect(other?.planned.sessions).toBeGreaterThan(other?.present.sessions ?? Infinity);
    expect(other?.planned.tokensPerSecond).toBeGreaterThan(other?.present.tokensPerSecond ?? Infinity);
  });

  it('decodes on them', async () => {
    const card = await open(narrow);
    const jobs = ['a', 'b', 'c'].map((id) => request(id, { lane: 0 }));
    for (const job of jobs) expect(card.admit(job)).toBeUndefined();
    const told = await runAll(card);
    for (const { jobId } of jobs) expect(told.get(jobId)?.finish).toBeDefined();
  });
});
