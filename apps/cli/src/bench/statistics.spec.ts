import { describe, expect, it } from 'vitest';
import { median } from './statistics';

describe('the median', () => {
  it('is the middle of an odd number of values, in any order', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it('is the mean of the two in the middle of an even number', () => {
    expect(median([4, 1, 2, 9])).toBe(3);
  });

  it('is not a number when there are no values', () => {
    expect(median([])).toBeNaN();
  });
});
