export interface CautionOptions {
  /** Deviations to begin with. */
  readonly z: number;
  /** Share of sessions that may have to leave their pool for want of room. */
  readonly target: number;
}

/** What one overflow adds to z; what a session without one takes off is this times the target. */
const STEP = 0.4;
const LEAST = 0.5;
const MOST = 4;

/**
 * How many deviations pools keep free, by how often room ran out: z += STEP * (overflowed - target) per session, the rule by
 * which predictions are calibrated, too. Two counters are its whole state.
 */
export class Caution {
  private placed = 0;
  private overflowed = 0;

  constructor(private readonly options: CautionOptions) {}

  get z(): number {
    const { z, target } = this.options;
    return Math.min(MOST, Math.max(LEAST, z + STEP * (this.overflowed - target * this.placed)));
  }

  sessionPlaced(): void {
    this.placed += 1;
  }

  sessionOverflowed(): void {
    this.overflowed += 1;
  }
}
