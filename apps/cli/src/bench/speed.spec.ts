import { describe, expect, it } from 'vitest';
import { isDisturbed } from './patience';
import { machineSeconds, meanSpeed, type Reading, speedBetween } from './speed';

const at = (wallSeconds: number, cpuSeconds: number, machine: number): Reading => ({
  wallSeconds,
  cpuSeconds,
  machineSeconds: machine,
});

describe('a speed', () => {
  it('counts tokens by the wall clock, and by the CPU time of the contestant alone', () => {
    const speed = speedBetween(at(10, 1, 50), at(14, 3, 56), 800);
    expect(speed.tokensPerSecond).toBe(200);
    expect(speed.cpuMsPerToken).toBe(2.5);
  });

  it('tells how many cores others kept busy, and calls the measurement disturbed then', () => {
    const speed = speedBetween(at(0, 0, 0), at(4, 4, 8), 1);
    expect(speed.othersCores).toBeCloseTo(1, 1);
    expect(isDisturbed(speed)).toBe(true);
  });

  it('does not take the coarse ticks of the kernel for other programs', () => {
    const speed = speedBetween(at(0, 0, 0), at(0.08, 0.075, 0.09), 1);
    expect(isDisturbed(speed)).toBe(false);
  });

  it('is compared with the mean of what came before and after', () => {
    const [before, after] = [
      speedBetween(at(0, 0, 0), at(1, 1, 1), 100),
      speedBetween(at(0, 0, 0), at(1, 2, 2), 200),
    ];
    expect(meanSpeed(before, after)).toEqual({ tokensPerSecond: 150, cpuMsPerToken: 10, othersCores: 0 });
  });
});

describe('the busy time of the machine', () => {
  it('is all that is neither idle nor waiting, with what the host took away', () => {
    const stat = 'cpu  100 20 30 9000 500 4 6 40 7 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n';
    expect(machineSeconds(stat)).toBe(2);
  });
});
