import { GatedRules } from './gated-rules';
import type { SimPool } from './sim-pool';
import type { SimSession } from './sim-session';

/** The same rules with every thought's end known: the sum is looked at at each end to come, and never gets tight. */
export class OracleRules extends GatedRules {
  override mayGoOn(pool: SimPool, session: SimSession): boolean {
    return this.peakOf(pool, [...pool.running, session]) <= pool.shape.cells;
  }

  /** What fits the room that is left to come was seen to when it was placed. */
  override mayJoin(): boolean {
    return false;
  }

  override reserveCells(pool: SimPool): number {
    return this.peakOf(pool, [...pool.running]) - pool.liveCells;
  }

  override stepsUntilTight(pool: SimPool): number {
    return pool.freeCells < 0 ? 0 : Number.POSITIVE_INFINITY;
  }

  /** Running ones grow together until the nearest has ended; held ones keep what they hold. */
  private peakOf(pool: SimPool, thinking: SimSession[]): number {
    const left = (one: SimSession) => one.thoughtSteps - one.standing.thoughtCells;
    thinking.sort((a, b) => left(a) - left(b));
    let cells = pool.liveCells;
    let peak = cells;
    let passed = 0;
    thinking.forEach((next, ended) => {
      const steps = left(next) - passed;
      cells += steps * (thinking.length - ended);
      peak = Math.max(peak, cells);
      passed += steps;
      cells -= next.isTail ? next.standing.floorCells + next.thoughtSteps : next.thoughtSteps - this.kept;
    });
    return peak;
  }
}
