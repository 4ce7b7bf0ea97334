import { describe, expect, it } from 'vitest';
import { hasGrown, memoryFigures, type MemorySample } from './memory-samples';

const MINUTE_MS = 60_000;
/** A look every 5 s for an hour. */
const hourOf = (rssBytes: (minute: number) => number, pid = () => 7): MemorySample[] =>
  Array.from({ length: 720 }, (_, at) => {
    const atMs = (at + 1) * 5000;
    return { atMs, pid: pid(), rssBytes: rssBytes(atMs / MINUTE_MS) };
  });

describe('the memory of a process over an hour', () => {
  it('is flat when what it holds at the end is what it held after ten minutes', () => {
    const figures = memoryFigures(
      'api',
      hourOf((minute) => (minute < 5 ? 50 : 100)),
      10 * MINUTE_MS,
    );
    expect(figures).toMatchObject({ early_rss_bytes: 100, end_rss_bytes: 100, ratio: 1, starts: 1 });
    expect(hasGrown(figures, 0.05)).toBe(false);
  });

  it('has grown by what it gained after the tenth minute', () => {
    const figures = memoryFigures(
      'worker-0',
      hourOf((minute) => 100 + minute),
      10 * MINUTE_MS,
    );
    expect(figures.ratio).toBeCloseTo(159.5 / 109.5, 2);
    expect(hasGrown(figures, 0.05)).toBe(true);
  });

  it('is not judged by one look between two garbage collections', () => {
    const figures = memoryFigures(
      'api',
      hourOf((minute) => (minute === 60 ? 500 : 100)),
      10 * MINUTE_MS,
    );
    expect(figures).toMatchObject({ ratio: 1, most_rss_bytes: 500 });
  });

  it('counts as grown when the process was started again, for it began anew', () => {
    let looks = 0;
    const samples = hourOf(
      () => 100,
      () => (++looks > 300 ? 8 : 7),
    );
    expect(hasGrown(memoryFigures('api', samples, 10 * MINUTE_MS), 0.05)).toBe(true);
  });
});
