import { describe, expect, it } from 'vitest';
import { compareScaling, equalPoints, type ScalingRun } from './compare-scaling';
import { wavesTrace } from './waves';

const options = {
  jobs: 700,
  cards: 8,
  seed: 7,
  kvBudgetMib: 600,
  eps: 0.01,
  ageingMs: 600_000,
  isCold: false,
};

const run = (turnaround_p95_s: number, card_minutes: number): ScalingRun => ({
  rule: '',
  setting: '',
  card_minutes,
  most_cards: 1,
  wait_p50_s: 0,
  wait_p95_s: 0,
  turnaround_p95_s,
  makespan_s: 0,
  completed: 0,
  handed_back: 0,
  overflow_share: 0,
});

describe('waves', () => {
  it('are batches of one kind each that arrive at once, in order', () => {
    const { jobs } = wavesTrace(500, 1);
    expect(jobs).toHaveLength(500);
    const times = new Set(jobs.map(({ createdAtMs }) => createdAtMs));
    const batches = new Set(jobs.map(({ createdAtMs, task }) => `${createdAtMs} ${task}`));
    expect(times.size).toBeGreaterThan(1);
    expect(batches.size).toBe(times.size);
    expect(jobs.every(({ createdAtMs }, at) => createdAtMs >= (jobs[at - 1]?.createdAtMs ?? 0))).toBe(true);
  });
});

describe('a fleet that changes its size', () => {
  const { runs } = compareScaling(options, () => undefined, {
    drainSeconds: [30, 240],
    jobsPerCard: [32, 256],
  });

  it('ends every job under every rule, though cards are taken away under running ones', () => {
    expect(runs.map(({ completed }) => completed)).toEqual(runs.map(() => 700));
    expect(Math.max(...runs.map(({ handed_back: handedBack }) => handedBack))).toBeGreaterThan(0);
  });

  it('costs more where it is asked to be faster', () => {
    const ours = runs.filter(({ rule }) => rule === 'predicted demand');
    expect(ours.at(0)?.card_minutes).toBeGreaterThan(ours.at(-1)?.card_minutes ?? Number.NaN);
    expect(ours.at(0)?.turnaround_p95_s).toBeLessThan(ours.at(-1)?.turnaround_p95_s ?? Number.NaN);
    expect(Math.max(...runs.map(({ most_cards: mostCards }) => mostCards))).toBe(8);
  });
});

describe('card-minutes at the same turnaround', () => {
  it('lie on the line between two of our settings', () => {
    const [point] = equalPoints([run(100, 40), run(200, 20)], [run(150, 50)]);
    expect(point).toMatchObject({ queue_length_card_minutes: 50, demand_card_minutes: 30 });
  });

  it('are those of a faster setting where that is cheaper', () => {
    const [point] = equalPoints([run(90, 20), run(100, 40), run(200, 30)], [run(150, 50)]);
    expect(point?.demand_card_minutes).toBe(20);
  });

  it('are not made up beyond what was simulated', () => {
    expect(equalPoints([run(100, 40), run(200, 20)], [run(99, 50), run(201, 10)])).toEqual([]);
  });
});
