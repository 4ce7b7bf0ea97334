import { describe, expect, it } from 'vitest';
import { addedSample, etaMs, perSecond, type Sample } from './pace';

const seen = (...ended: readonly number[]) =>
  ended.reduce<readonly Sample[]>((before, count, second) => addedSample(before, count, 1000 * second), []);

describe('the pace of a batch', () => {
  it('is what ended per second while one looked on, of the last minute', () => {
    expect(perSecond(seen(10, 12, 14, 16))).toBe(2);
    const long = addedSample(seen(0, 0, 0), 60, 90_000);
    expect(long).toHaveLength(1);
    expect(perSecond(addedSample(long, 90, 100_000))).toBe(3);
  });

  it('is not known at first, and tells how long the rest takes', () => {
    expect(perSecond(seen(10, 12))).toBeNull();
    expect(etaMs(seen(10, 12, 14), 114)).toBe(50_000);
    expect(etaMs(seen(10, 10, 10), 114)).toBeNull();
  });
});
