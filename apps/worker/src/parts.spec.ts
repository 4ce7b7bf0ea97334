import { describe, expect, it } from 'vitest';
import { Bell } from './bell';
import { Rate } from './rate';

describe('a bell', () => {
  it('that rang with nobody waiting wakes the next one who waits', async () => {
    const bell = new Bell();
    bell.ring();
    await bell.wait(60_000);
  });

  it('wakes who waits, once', async () => {
    const bell = new Bell();
    const woken = bell.wait(60_000);
    bell.ring();
    await woken;
    const before = Date.now();
    await bell.wait(20);
    expect(Date.now() - before).toBeGreaterThanOrEqual(15);
  });
});

describe('a rate', () => {
  it('is that of the last while only, and falls to nothing when nothing is counted', () => {
    const rate = new Rate(2000);
    expect(rate.perSecond(0, 0)).toBe(0);
    expect(rate.perSecond(500, 1000)).toBe(500);
    expect(rate.perSecond(1000, 2000)).toBe(500);
    expect(rate.perSecond(5000, 4000)).toBe(2000);
    rate.perSecond(5000, 6000);
    expect(rate.perSecond(5000, 8000)).toBe(0);
  });
});
