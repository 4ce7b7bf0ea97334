import { PACKING_Z } from './odds';

/** Share of ended jobs that had overflowed at which the margin stays as it is: a little below what is promised. */
export const OVERFLOW_TARGET = 0.007;
/** Deviations by which one job that overflowed widens the margin. */
export const MARGIN_STEP_Z = 0.1;
/** Below it nothing is gained: sessions that are let in wait for one another. */
export const LEAST_Z = PACKING_Z;
export const MOST_Z = 4;

/** What a job that ended says about the margin by which it was placed. Times are of one clock, whichever. */
export interface EndedJob {
  readonly hasOverflowed: boolean;
  /** For the first time. */
  readonly placedAtMs: number;
  /** The epoch with which jobs of its kind changed last; -Infinity: never. */
  readonly changedAt: number;
}

export interface MarginState {
  readonly z: number;
  /** The last change that was noticed, and when. */
  readonly change?: { readonly epoch: number; readonly noticedAtMs: number };
}

/**
 * How many deviations the pools of a model keep free, steered by what came of it: adaptive conformal inference (Gibbs and
 * Candes 2021) on overflows. Each job that ends moves it by MARGIN_STEP_Z * (overflowed - target): where overflows are
 * rarer than the target it narrows, where they are more frequent it widens. As long as it stays below MOST_Z, no more than
 * target * T + (MOST_Z - LEAST_Z) / MARGIN_STEP_Z of any T jobs overflow, whatever they are.
 *
 * A job that was placed before its kind was seen to have changed went by a forecast that was wrong: no margin is to blame,
 * and none that is widened afterwards would have helped.
 */
export class Margin {
  private deviations: number;
  private change: MarginState['change'];

  constructor(state: MarginState = { z: LEAST_Z }) {
    this.deviations = within(state.z);
    this.change = state.change;
  }

  get z(): number {
    return this.deviations;
  }

  get state(): MarginState {
    const { z, change } = this;
    return { z, ...(change && { change }) };
  }

  ended({ hasOverflowed, placedAtMs, changedAt }: EndedJob, nowMs: number): void {
    if (changedAt > (this.change?.epoch ?? Number.NEGATIVE_INFINITY))
      this.change = { epoch: changedAt, noticedAtMs: nowMs };
    if (this.change && placedAtMs <= this.change.noticedAtMs) return;
    this.deviations = within(this.deviations + MARGIN_STEP_Z * (Number(hasOverflowed) - OVERFLOW_TARGET));
  }
}

const within = (z: number): number => Math.min(MOST_Z, Math.max(LEAST_Z, z));
