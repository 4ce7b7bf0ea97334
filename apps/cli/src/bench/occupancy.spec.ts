import fc from 'fast-check';
import { expect, it } from 'vitest';
import { occupancyOf } from './occupancy';

it('counts those that are there at once, not one that comes as another goes', () => {
  const stays = [
    { fromMs: 10, toMs: 20 },
    { fromMs: 15, toMs: 30 },
    { fromMs: 20, toMs: 40 },
  ];
  expect(occupancyOf(stays, 0)).toEqual({ mean: 45 / 40, whileWaiting: 15 / 10, peak: 2 });
});

it('of nobody is nothing', () => {
  expect(occupancyOf([], 0)).toEqual({ mean: 0, whileWaiting: 0, peak: 0 });
});

it('counts all of them while somebody waits, if nobody had to wait', () => {
  const stays = [
    { fromMs: 0, toMs: 20 },
    { fromMs: 5, toMs: 30 },
  ];
  expect(occupancyOf(stays, 0).whileWaiting).toBe(2);
});

it('has a peak of at least the mean and of at most all', () => {
  const stay = fc
    .tuple(fc.nat(1000), fc.integer({ min: 1, max: 1000 }))
    .map(([fromMs, ms]) => ({ fromMs, toMs: fromMs + ms }));
  fc.assert(
    fc.property(fc.array(stay, { minLength: 1 }), (stays) => {
      const { mean, whileWaiting, peak } = occupancyOf(stays, 0);
      expect(whileWaiting).toBeLessThanOrEqual(peak + 1e-9);
      expect(peak).toBeGreaterThanOrEqual(Math.max(1, mean - 1e-9));
      expect(peak).toBeLessThanOrEqual(stays.length);
    }),
  );
});
