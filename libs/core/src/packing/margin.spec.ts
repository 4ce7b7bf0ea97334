import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEAST_Z, Margin, MARGIN_STEP_Z, MOST_Z, OVERFLOW_TARGET } from './margin';

const NEVER = Number.NEGATIVE_INFINITY;
const job = (hasOverflowed: boolean, placedAtMs = 0, changedAt = NEVER) => ({
  hasOverflowed,
  placedAtMs,
  changedAt,
});

describe('the margin of pools', () => {
  it('begins at its least, and stays there while nothing overflows', () => {
    const margin = new Margin();
    for (let n = 0; n < 1_000; n += 1) margin.ended(job(false), 0);
    expect(margin.z).toBe(LEAST_Z);
  });

  it('stays within its limits whatever happens', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 300 }), (ends) => {
        const margin = new Margin();
        for (const hasOverflowed of ends) {
          margin.ended(job(hasOverflowed), 0);
          expect(margin.z).toBeGreaterThanOrEqual(LEAST_Z);
          expect(margin.z).toBeLessThanOrEqual(MOST_Z);
        }
      }),
    );
  });

  it('keeps overflows at the target in the long run, however steeply they fall as it widens', () => {
    const steepness = fc.double({ min: 1, max: 8, noNaN: true });
    const atLeast = fc.double({ min: 0.007, max: 0.3, noNaN: true });
    fc.assert(
      fc.property(steepness, atLeast, (steep, share) => {
        const margin = new Margin();
        const jobs = 20_000;
        let overflows = 0;
        let due = 0;
        let widest = LEAST_Z;
        for (let n = 0; n < jobs; n += 1) {
          // No dice: every job adds its chance, and whenever they come to one, one overflows.
          due += share * Math.exp(-steep * (margin.z - LEAST_Z));
          const hasOverflowed = due >= 1;
          if (hasOverflowed) due -= 1;
          overflows += Number(hasOverflowed);
          margin.ended(job(hasOverflowed), 0);
          widest = Math.max(widest, margin.z);
        }
        const most = OVERFLOW_TARGET * jobs + (MOST_Z - LEAST_Z) / MARGIN_STEP_Z;
        if (widest < MOST_Z) expect(overflows).toBeLessThanOrEqual(Math.ceil(most));
        const reachable = share * Math.exp(-steep * (MOST_Z - LEAST_Z)) < OVERFLOW_TARGET;
        if (reachable) expect(Math.abs(overflows / jobs - OVERFLOW_TARGET)).toBeLessThan(0.002);
      }),
      { numRuns: 50 },
    );
  });

  it('takes no blame for jobs that were placed before their kind was seen to have changed', () => {
    const margin = new Margin();
    margin.ended(job(true, 10, 3), 100);
    margin.ended(job(true, 100, 3), 200);
    expect(margin.z).toBe(LEAST_Z);
    margin.ended(job(true, 101, 3), 300);
    expect(margin.z).toBeGreaterThan(LEAST_Z);
  });

  it('goes on from its state as if it had never stopped, also through JSON', () => {
    const [first, second] = [new Margin(), new Margin()];
    for (const margin of [first, second]) {
      for (let n = 0; n < 5; n += 1) margin.ended(job(true), 0);
      margin.ended(job(true, 20, 4), 50);
    }
    const restored = new Margin(JSON.parse(JSON.stringify(first.state)) as typeof first.state);
    for (const margin of [restored, second]) {
      margin.ended(job(true, 40, 4), 60);
      margin.ended(job(true, 70, 4), 90);
    }
    expect(restored.state).toEqual(second.state);
  });
});
