import { describe, expect, it } from 'vitest';
import type { JobView } from '@gistpool/contracts';
import { endedPerSecond, withSample, type Sample } from './history';
import { failuresOf, timesOf } from './times';

const sample = (second: number, ended: number): Sample => ({
  atMs: second * 1000,
  tokensPerSecond: 0,
  waiting: 0,
  running: 0,
  ended,
});

describe('the history of a pool', () => {
  it('keeps a quarter of an hour, and no moment twice', () => {
    let samples: readonly Sample[] = [];
    for (let second = 0; second < 1000; second += 1) samples = withSample(samples, sample(second, second));
    expect(withSample(samples, sample(999, 0))).toBe(samples);
    expect(samples[0]?.atMs).toBe(100_000);
    expect(samples).toHaveLength(900);
  });

  it('knows jobs per second over a window, and never fewer than none', () => {
    const rising = [sample(0, 0), sample(1, 2), sample(2, 4), sample(3, 4), sample(4, 4)];
    expect(endedPerSecond(rising, 2_000)).toEqual([null, 2, 2, 1, 0]);
    expect(endedPerSecond([sample(0, 100), sample(1, 60)], 5_000)).toEqual([null, 0]);
    expect(endedPerSecond([], 5_000)).toEqual([]);
  });
});

describe('the times of jobs', () => {
  const job = (queueMs: number, runMs: number): JobView =>
    ({ usage: { queue_ms: queueMs, run_ms: runMs } }) as JobView;

  it('are told as quantiles of those that have a usage', () => {
    const jobs = [...Array.from({ length: 101 }, (_, at) => job(at, at * 10)), {} as JobView];
    expect(timesOf(jobs)).toEqual({ jobs: 101, waitMs: [50, 95, 99], runMs: [500, 950, 990] });
    expect(timesOf([]).waitMs).toEqual([null, null, null]);
  });
});

it('failures are grouped by their code, the most first', () => {
  const failed = (code: string): JobView => ({ id: code, error: { code, message: '' } }) as JobView;
  expect(failuresOf([failed('a'), failed('b'), failed('b')]).map(({ code, jobs }) => [code, jobs])).toEqual([
    ['b', 2],
    ['a', 1],
  ]);
});
