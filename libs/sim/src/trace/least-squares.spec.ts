import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leastSquares } from './least-squares';

describe('least squares', () => {
  it('finds the coefficients by which values were made', () => {
    const some = fc.integer({ min: 1, max: 1000 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(some, some, some), { minLength: 12, maxLength: 12 }),
        fc.tuple(some, some, some),
        (rows, [a, b, c]) => {
          // Three rows that surely tell the terms apart.
          const all = [...rows, [1000, 1, 1], [1, 1000, 1], [1, 1, 1000]] as const;
          const { coefficients, rest } = leastSquares(
            all.map(([x, y, z]) => ({ terms: [x, y, 1e-6 * z], value: a * x + b * y + c * 1e-6 * z })),
          );
          expect(coefficients[0]).toBeCloseTo(a, 3);
          expect(coefficients[1]).toBeCloseTo(b, 3);
          expect(rest / (a + b) ** 2).toBeLessThan(1e-6);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('gives no coefficient below 0, and one of two that always come together', () => {
    const falling = [1, 2, 3].map((x) => ({ terms: [1, x], value: 10 - x }));
    expect(leastSquares(falling).coefficients.every((value) => value >= 0)).toBe(true);
    const alike = [1, 2, 3].map((x) => ({ terms: [x, 2 * x], value: 4 * x }));
    const [first = 0, second = 0] = leastSquares(alike).coefficients;
    expect(first + 2 * second).toBeCloseTo(4, 9);
  });
});
