import { expect } from 'vitest';
import type { LaneCard } from '../card';
import type { LanePlan } from '../lane-plan';
import type { Reshaped, SessionReport } from '../types';
import { type Outcome, outcomes } from './card.fixture';
import type { Known } from './crowd.fixture';

export type Shape = Pick<LanePlan, 'lanes' | 'poolSessions'>;

export function planFor(card: LaneCard, shape: Shape): LanePlan {
  return { ...shape, kvBudgetBytes: card.kvBudgetBytes, kvBytesPerCell: card.model.kv_bytes_per_cell };
}

const cellsByJob = (card: LaneCard): Map<string | null, number> =>
  new Map(card.lanes().flatMap(({ slots }) => slots.map(({ job, live_cells }) => [job, live_cells])));

/** Takes the shape, and looks whether everybody is there again with what they held, or a reason not to be. */
export async function reshaped(card: LaneCard, shape: Shape, reports: SessionReport[]): Promise<Reshaped> {
  const numbers = new Set(card.lanes().map(({ lane }) => lane));
  const before = cellsByJob(card);
  const sessions = card.sessions();
  const told: SessionReport[] = [];
  const outcome = await card.reshape(planFor(card, shape), told);
  reports.push(...told);

  expect(card.check()).toEqual([]);
  expect(card.sessions()).toBe(sessions);
  expect(card.kvBytes).toBeLessThanOrEqual(card.kvBudgetBytes);
  expect(card.lanes().filter(({ lane }) => numbers.has(lane))).toEqual([]);
  const after = cellsByJob(card);
  for (const { jobId, kind } of told) {
    expect(['moved', 'parked']).toContain(kind);
    expect(after.has(jobId)).toBe(kind === 'moved');
  }
  for (const [job, cells] of after) {
    // Whoever was parked may have come back.
    if (job === null || !before.has(job)) continue;
    const move = told.find(({ jobId }) => jobId === job);
    const lane = card.lanes().find(({ slots }) => slots.some((slot) => slot.job === job))?.lane;
    expect(move).toMatchObject({ kind: 'moved', lane });
    // Nothing where it replays.
    expect([0, before.get(job)]).toContain(cells);
  }
  return outcome;
}

/** All jobs at once in a card whose lane has room for them; every so many steps it takes the next shape. */
export async function runReshaping(
  card: LaneCard,
  known: readonly Known[],
  shapes: readonly Shape[],
  everySteps: number,
): Promise<{ readonly ends: Map<string, Outcome>; readonly reshapes: number; readonly parked: number }> {
  const reports: SessionReport[] = [];
  let placed = 0;
  for (const { job } of known) {
    const lane = card.lanes()[placed++ % card.lanes().length]?.lane ?? 0;
    expect(card.admit({ ...job, lane })).toBeUndefined();
  }
  let reshapes = 0;
  for (let step = 1; card.sessions() > 0; step++) {
    reports.push(...(await card.step()));
    expect(card.check()).toEqual([]);
    const shape = shapes[reshapes % shapes.length];
    if (step % everySteps !== 0 || shape === undefined || card.sessions() === 0) continue;
    reshapes++;
    expect(await reshaped(card, shape, reports)).not.toHaveProperty('refused');
  }
  expect(card.totals().reshapes).toBe(reshapes);
  return {
    ends: outcomes(reports),
    reshapes,
    parked: reports.filter(({ kind }) => kind === 'parked').length,
  };
}
