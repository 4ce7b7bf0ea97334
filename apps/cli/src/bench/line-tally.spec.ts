import { expect, it } from 'vitest';
import { tally } from './line-tally';

it('names what is missing, there twice, or in both files', () => {
  expect(tally(['a', 'b', 'c', 'd'], ['a', 'b', 'b', 'x'], ['a'])).toEqual({
    answered: 4,
    failed: 1,
    missing: 2,
    duplicates: 2,
    strangers: 1,
  });
});

it('finds nothing wrong with lines that are there once each', () => {
  expect(tally(['a', 'b'], ['b'], ['a'])).toMatchObject({ missing: 0, duplicates: 0, strangers: 0 });
});
