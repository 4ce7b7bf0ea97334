import { describe, expect, it } from 'vitest';
import { cardHours, limitIn, money, priceIn, short } from './cost';

describe('the cost of what a tenant has used', () => {
  it('is that of so many hours of a whole card', () => {
    expect(cardHours(2 * 3600 * 1000, [1000])).toBe(2);
    expect(cardHours(3600 * 2000, [1000, 3000])).toBe(1);
    expect(cardHours(1, [])).toBeUndefined();
    expect(cardHours(1, [0])).toBeUndefined();
  });

  it('goes by the price that one types', () => {
    expect([priceIn('2.5'), priceIn(' 2,5 '), priceIn('0')]).toEqual([2.5, 2.5, 0]);
    expect([priceIn(''), priceIn('-1'), priceIn('free'), priceIn('1e999')]).toEqual(Array(4).fill(undefined));
    expect([money(0), money(0.00123), money(12.345)]).toEqual(['0.00', '0.0012', '12.35']);
  });

  it('has few digits however many byte-seconds', () => {
    expect([short(0), short(999), short(1234), short(12_345_678), short(4.2e18)]).toEqual([
      '0',
      '999',
      '1.23 k',
      '12.3 M',
      '4.20 E',
    ]);
  });
});

describe('a limit', () => {
  it('is a whole number above 0, or none', () => {
    expect([limitIn(''), limitIn('60'), limitIn('5,000,000'), limitIn('1 000')]).toEqual([
      null,
      60,
      5_000_000,
      1_000,
    ]);
    expect([limitIn('0'), limitIn('-1'), limitIn('1.5'), limitIn('many')]).toEqual(Array(4).fill(undefined));
  });
});
