import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrapMean, bootstrapRatio, pairedShareDifference, wilson } from './statistics';

describe("Wilson's interval", () => {
  it.each([
    [81, 263, 0.2553, 0.3662], // Newcombe 1998, table of the single proportion
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %d in %d is the published one', (hits, trials, low, high) => {
    const interval = wilson(hits, trials);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('holds its share and stays within 0 and 1', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), (hits, misses) => {
        const { value, low, high } = wilson(hits, hits + misses);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThanOrEqual(value + 1e-12);
        expect(high).toBeGreaterThanOrEqual(value - 1e-12);
      }),
    );
  });
});

const pairsOf = (both: number, onlyA: number, onlyB: number, none: number) => [
  ...Array.from({ length: both }, () => [true, true] as const),
  ...Array.from({ length: onlyA }, () => [true, false] as const),
  ...Array.from({ length: onlyB }, () => [false, true] as const),
  ...Array.from({ length: none }, () => [false, false] as const),
];

describe('the difference of two accuracies on the same items', () => {
  it.each([
    // Newcombe 1998, paired data, method 10.
    [36, 12, 2, 0, 0.2, 0.0569, 0.3404],
  ])('for the table %d %d %d %d is the published one', (both, onlyA, onlyB, none, value, low, high) => {
    const difference = pairedShareDifference(pairsOf(both, onlyA, onlyB, none));
    expect(difference.value).toBeCloseTo(value, 4);
    expect(difference.low).toBeCloseTo(low, 3);
    expect(difference.high).toBeCloseTo(high, 3);
  });

  it('turns its sign with its sides', () => {
    const cell = fc.nat(60);
    fc.assert(
      fc.property(cell, cell, cell, cell, (both, onlyA, onlyB, none) => {
        fc.pre(both + onlyA + onlyB + none > 0);
        const there = pairedShareDifference(pairsOf(both, onlyA, onlyB, none));
        const back = pairedShareDifference(pairsOf(both, onlyB, onlyA, none));
        expect(back.value).toBeCloseTo(-there.value, 12);
        expect(back.low).toBeCloseTo(-there.high, 12);
        expect(there.low).toBeLessThanOrEqual(there.value + 1e-12);
        expect(there.high).toBeGreaterThanOrEqual(there.value - 1e-12);
      }),
    );
  });
});

describe('the bootstrap', () => {
  it('gives the same interval for the same values', () => {
    const values = Array.from({ length: 50 }, (_, at) => (at * 37) % 101);
    expect(bootstrapMean(values)).toEqual(bootstrapMean(values));
  });

  it('comes close to the normal interval where that is right', () => {
    const values = Array.from({ length: 400 }, (_, at) => (at * 61) % 100);
    const { value, low, high } = bootstrapMean(values);
    const half = (1.96 * 28.87) / Math.sqrt(400);
    expect(value - low).toBeGreaterThan(half * 0.85);
    expect(high - value).toBeLessThan(half * 1.15);
  });

  it('knows a ratio that all pairs share', () => {
    const { value, low, high } = bootstrapRatio([1, 5, 9, 40].map((below) => [below * 0.25, below]));
    for (const ratio of [value, low, high]) expect(ratio).toBeCloseTo(0.25, 12);
  });

  it('says nothing more than the value of one item, and NaN of none', () => {
    expect(bootstrapMean([7])).toEqual({ value: 7, low: 7, high: 7 });
    expect(bootstrapRatio([]).value).toBeNaN();
  });
});
