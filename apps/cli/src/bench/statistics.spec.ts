import { describe, expect, it } from 'vitest';
import { median, quantile } from './statistics';

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

describe('a quantile', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);

  it('is a value that so many do not exceed', () => {
    expect(quantile(values, 0.99)).toBe(198);
    expect(quantile(values, 0.5)).toBe(100);
    expect(quantile(values, 1)).toBe(200);
    expect(quantile([7], 0.01)).toBe(7);
  });

  it('is not a number when there are no values', () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});
