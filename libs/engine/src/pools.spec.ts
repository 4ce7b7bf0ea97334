import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { missingTokens, Pools } from './pools';

describe('pools', () => {
  it('know who sits where', () => {
    const pools = new Pools(3, 4, 1024);
    expect([0, 3, 4, 11].map((slot) => pools.of(slot))).toEqual([0, 0, 1, 2]);
    expect(pools.seatsOf('abcdefghijkl'.split(''), 1).join('')).toBe('efgh');
    expect(pools.inUse([0, 1, 9])).toBe(2);
  });

  it('keep a cell for each filler that may stand in for a session', () => {
    expect(new Pools(2, 8, 1024).jobCells).toBe(1017);
    expect(new Pools(8, 1, 1024).jobCells).toBe(1024);
  });

  it('lack nothing when all hold as many, and nothing outside the first and the last that hold any', () => {
    expect(missingTokens([2, 2, 2])).toEqual([0, 0, 0]);
    expect(missingTokens([0, 3, 1, 0, 2, 0])).toEqual([0, 0, 2, 3, 1, 0]);
    expect(missingTokens([0, 0])).toEqual([0, 0]);
  });

  it('are level once they got what they lack, without any more than the highest had', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(8), { minLength: 1, maxLength: 8 }), (tokens) => {
        const filled = missingTokens(tokens).map((missing, pool) => missing + (tokens[pool] ?? 0));
        const taking = filled.filter((count) => count > 0);
        expect(new Set(taking).size).toBeLessThanOrEqual(1);
        expect(Math.max(...filled)).toBe(Math.max(...tokens));
        const first = filled.findIndex((count) => count > 0);
        expect(filled.findLastIndex((count) => count > 0) - first + 1).toBe(
          taking.length === 0 ? -1 - first + 1 : taking.length,
        );
      }),
    );
  });
});
