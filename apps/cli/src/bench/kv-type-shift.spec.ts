import { expect, it } from 'vitest';
import { argmax, shiftOf } from './kv-type-shift';

const row = (...probabilities: number[]) => Float64Array.from(probabilities, Math.log);

it('the shift of a run against itself is none', () => {
  const rows = [[row(0.5, 0.3, 0.2), row(0.1, 0.8, 0.1)]];
  expect(shiftOf(rows, rows)).toEqual({
    places: 2,
    divergence_mean: 0,
    chosen_mean: 0,
    chosen_most: 0,
    other_choices: 0,
  });
});

it('tells how far the chosen token moves, and where another would be chosen', () => {
  const shift = shiftOf([[row(0.6, 0.4), row(0.9, 0.1)]], [[row(0.3, 0.7), row(0.9, 0.1)]]);
  expect(shift).toMatchObject({ places: 2, other_choices: 1 });
  expect(shift.chosen_most).toBeCloseTo(Math.log(2), 12);
  expect(shift.chosen_mean).toBeCloseTo(Math.log(2) / 2, 12);
  const divergence = 0.6 * Math.log(0.6 / 0.3) + 0.4 * Math.log(0.4 / 0.7);
  expect(shift.divergence_mean).toBeCloseTo(divergence / 2, 12);
  expect(argmax(row(0.2, 0.5, 0.3))).toBe(1);
});

it('takes a token that cannot come for none', () => {
  expect(shiftOf([[row(1, 0)]], [[row(0.5, 0.5)]]).divergence_mean).toBeCloseTo(Math.log(2), 12);
});
