import { describe, expect, it } from 'vitest';
import { crossoverMib } from './crossover';

const points = (...speedups: readonly number[]) =>
  speedups.map((speedup, at) => ({ kvBudgetMib: 2 ** (at + 1), speedup }));

describe('the memory above which compressing stops paying', () => {
  it('lies between the last budget at which it is faster and the next', () => {
    expect(crossoverMib(points(3, 1.5, 0.5))).toBeCloseTo(4 * Math.SQRT2);
    expect(crossoverMib(points(3, 2, 0))).toBeCloseTo(4 * Math.SQRT2);
    expect(crossoverMib(points(3, 1.1, 0.1))).toBeCloseTo(4 * 2 ** 0.1);
  });

  it('is not found where it is faster at every budget, and 0 where at none', () => {
    expect(crossoverMib(points(3, 2, 1.1))).toBeNull();
    expect(crossoverMib(points(0.9, 0.8))).toBe(0);
    expect(crossoverMib(points(1, 1))).toBe(0);
  });

  it('is the last one where speeds go up and down, in whichever order they were measured', () => {
    expect(crossoverMib(points(2, 0.9, 1.5, 0.5))).toBeCloseTo(8 * Math.SQRT2);
    expect(crossoverMib(points(2, 0.9, 1.5, 0.5).reverse())).toBeCloseTo(8 * Math.SQRT2);
  });
});
