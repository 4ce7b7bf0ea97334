import { describe, expect, it } from 'vitest';
import { Patience } from './patience';
import type { Speed } from './speed';

const busy = (othersCores: number): Speed => ({ tokensPerSecond: 1, cpuMsPerToken: 1, othersCores });
const quietMachine = () => Promise.resolve(busy(0));

const speeds = (...othersCores: number[]): { next: () => Promise<Speed>; taken: () => number } => {
  let taken = 0;
  return {
    next: () => {
      const others = othersCores[taken++];
      if (others === undefined) throw new Error('measured more often than expected');
      return Promise.resolve({ tokensPerSecond: 100 - taken, cpuMsPerToken: 1, othersCores: others });
    },
    taken: () => taken,
  };
};

describe('a patient benchmark', () => {
  it('keeps a measurement that nobody disturbed, whatever its speed', async () => {
    const { next, taken } = speeds(0.05);
    expect((await new Patience(0).undisturbed(next)).tokensPerSecond).toBe(99);
    expect(taken()).toBe(1);
  });

  it('measures once and says so when it has no patience', async () => {
    const { next, taken } = speeds(0.9);
    expect((await new Patience(0).undisturbed(next)).othersCores).toBe(0.9);
    expect(taken()).toBe(1);
  });

  it('measures again after a disturbance and keeps the undisturbed measurement', async () => {
    const { next, taken } = speeds(0.9, 0.6, 0.1);
    expect((await new Patience(600, quietMachine).undisturbed(next)).tokensPerSecond).toBe(97);
    expect(taken()).toBe(3);
  });

  it('waits for a quiet machine, but no longer than its patience', async () => {
    let looks = 0;
    const look = () => Promise.resolve(busy(++looks < 4 ? 1 : 0));
    await new Patience(600, look).undisturbed(speeds(0).next);
    expect(looks).toBe(4);

    looks = -100;
    await new Patience(10, look).undisturbed(speeds(0).next);
    expect(looks).toBe(-90);
  });
});
