import { describe, expect, it } from 'vitest';
import { Perseverance } from './perseverance';

/** Time passes with each look at the clock. */
const clock = (stepMs: number) => {
  let nowMs = 0;
  return () => (nowMs += stepMs);
};

describe('who tries again', () => {
  it('gives up when it has for long enough, and says once that it waits', async () => {
    const said: string[] = [];
    const trying = new Perseverance({ forMs: 1_000, say: (text) => said.push(text) }, clock(300));
    expect(await trying.again('it is away')).toBe(true);
    expect(await trying.again('it is away')).toBe(true);
    expect(await trying.again('it is away')).toBe(true);
    expect(await trying.again('it is away')).toBe(false);
    expect(said).toEqual(['it is away; trying again for up to 1 s\n']);
    expect(trying.triedForS).toBeGreaterThan(0);
  });

  it('begins anew when it worked in between, and says so', async () => {
    const said: string[] = [];
    const trying = new Perseverance({ forMs: 1_000, say: (text) => said.push(text) }, clock(400));
    for (let round = 0; round < 3; round += 1) {
      expect(await trying.again('it is away')).toBe(true);
      trying.worked();
    }
    expect(said).toHaveLength(6);
  });

  it('does not try at all without patience, and stops when it is told to', async () => {
    const say = () => undefined;
    expect(await new Perseverance({ forMs: 0, say }).again('away')).toBe(false);
    const stopped = AbortSignal.abort();
    await expect(new Perseverance({ forMs: 1_000, say }).again('away', stopped)).rejects.toThrow();
  });
});
