import { setTimeout as pause } from 'node:timers/promises';
import { ownReading, type Speed, speedBetween } from './speed';

/**
 * Cores that others may use during a measurement. Two cores share caches and memory: one busy neighbour makes a decode
 * step up to 1.5 times longer, by CPU time as well.
 */
const QUIET_CORES = 0.15;
const LOOK_MS = 1000;

export function isDisturbed(speed: Speed): boolean {
  return speed.othersCores > QUIET_CORES;
}

/** What others do for a second in which we do nothing. */
async function lookAround(): Promise<Speed> {
  const start = ownReading();
  await pause(LOOK_MS);
  return speedBetween(start, ownReading(), 1);
}

/** Seconds that a benchmark may spend, in all, on waiting for other programs and on measuring again because of them. */
export class Patience {
  constructor(
    private secondsLeft: number,
    private readonly look = lookAround,
  ) {}

  /** Measures until nobody disturbs or patience ends; resolves to the least disturbed measurement, whatever its speed. */
  async undisturbed<Measured extends Speed>(measure: () => Promise<Measured>): Promise<Measured> {
    await this.untilQuiet();
    let best = await measure();
    while (isDisturbed(best) && this.secondsLeft > 0) {
      const again = await this.spending(async () => {
        await this.untilQuiet();
        return measure();
      });
      if (again.othersCores < best.othersCores) best = again;
    }
    return best;
  }

  private async untilQuiet(): Promise<void> {
    while (this.secondsLeft > 0) {
      if (!isDisturbed(await this.look())) return;
      this.secondsLeft -= LOOK_MS / 1000;
    }
  }

  private async spending<Result>(work: () => Promise<Result>): Promise<Result> {
    const start = performance.now();
    const waitedBefore = this.secondsLeft;
    const result = await work();
    // What was spent on waiting is paid already.
    const waited = waitedBefore - this.secondsLeft;
    this.secondsLeft -= Math.max(0, (performance.now() - start) / 1000 - waited);
    return result;
  }
}
