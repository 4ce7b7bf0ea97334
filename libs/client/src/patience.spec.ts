import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayPass, pauseMs, sleep } from './patience';

describe('how long to wait', () => {
  it('is what the pool says, in seconds or as a date', () => {
    expect(pauseMs(1, '2')).toBe(2_000);
    expect(pauseMs(9, '0.5')).toBe(500);
    const nowMs = Date.parse('2030-01-01T00:00:00Z');
    expect(pauseMs(1, 'Tue, 01 Jan 2030 00:00:03 GMT', nowMs)).toBe(3_000);
    expect(pauseMs(1, 'Mon, 31 Dec 2029 00:00:00 GMT', nowMs)).toBe(0);
  });

  it('else doubles, within half of it by chance, and never beyond half a minute', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (number, dice) => {
          const ms = pauseMs(number, null, 0, dice);
          const full = Math.min(30_000, 250 * 2 ** (number - 1));
          return ms >= full / 2 && ms <= full;
        },
      ),
    );
  });

  it('is only waited for what may pass', () => {
    expect([429, 503].every(mayPass)).toBe(true);
    expect([400, 404, 409, 422, 500].some(mayPass)).toBe(false);
  });

  it('ends with the signal', async () => {
    const stop = new AbortController();
    const waiting = sleep(60_000, stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(sleep(60_000, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
  });
});
