/**
 * Steps ahead at which the sum of a pool's sessions is looked at: fine for the near, coarse for the far future, and as far as
 * a job is long. A pool that looks less far takes in more long jobs than it can hold when they are old.
 */
export const HORIZON_STEPS: readonly number[] = [
  0, 32, 96, 224, 480, 992, 2016, 2880, 4064, 5760, 8160, 11_520, 16_320,
];
export const HORIZONS = HORIZON_STEPS.length;

/** Of them, those within which sessions that should grow no more can still be told from those that end in time. */
const NEAR_HORIZONS = HORIZON_STEPS.filter((steps) => steps <= 2048).length;

/** Figures per horizon: mean, variance, doubt, floors. */
const FIGURES = 4;

/** At every horizon, of the cells that one session or a pool will hold: mean, variance, and how wrong the mean may be. */
export class Outlook {
  private readonly all = new Float64Array(FIGURES * HORIZONS);
  readonly mean = this.all.subarray(0, HORIZONS);
  readonly variance = this.all.subarray(HORIZONS, 2 * HORIZONS);
  /** Deviation of the mean itself where few sessions are known. All sessions share the error, so it adds up evenly. */
  readonly doubt = this.all.subarray(2 * HORIZONS, 3 * HORIZONS);
  /** The part of the mean that is held even while everybody waits at the end of a thought. */
  readonly floors = this.all.subarray(3 * HORIZONS);

  clear(): void {
    this.all.fill(0);
  }

  /** `floor`: left out, nothing of it is given back before the end. */
  put(at: number, mean: number, variance: number, doubt = 0, floor = mean): void {
    this.mean[at] = (this.mean[at] ?? 0) + mean;
    this.variance[at] = (this.variance[at] ?? 0) + variance;
    this.doubt[at] = (this.doubt[at] ?? 0) + doubt;
    this.floors[at] = (this.floors[at] ?? 0) + floor;
  }

  /** `sign`: -1 takes it out again. */
  add(other: Outlook, sign: 1 | -1 = 1): void {
    const { all } = this;
    for (let at = 0; at < all.length; at += 1) all[at] = (all[at] ?? 0) + sign * (other.all[at] ?? 0);
  }

  /** Most cells at any horizon, `z` deviations above the mean; with those of a newcomer. */
  most(z: number, newcomer = NOBODY): number {
    return this.mostOf(this.mean, newcomer.mean, z, newcomer, HORIZONS);
  }

  /** The same of the floors alone, by the deviations of the whole, at the near horizons. */
  mostFloors(z: number, newcomer = NOBODY): number {
    return this.mostOf(this.floors, newcomer.floors, z, newcomer, NEAR_HORIZONS);
  }

  private mostOf(
    own: Float64Array,
    other: Float64Array,
    z: number,
    newcomer: Outlook,
    horizons: number,
  ): number {
    let most = 0;
    for (let at = 0; at < horizons; at += 1) {
      const mean = (own[at] ?? 0) + (other[at] ?? 0);
      const variance = (this.variance[at] ?? 0) + (newcomer.variance[at] ?? 0);
      const doubt = (this.doubt[at] ?? 0) + (newcomer.doubt[at] ?? 0);
      most = Math.max(most, mean + z * Math.sqrt(Math.max(0, variance) + doubt * doubt));
    }
    return most;
  }
}

const NOBODY = new Outlook();

/** Where a session stands. The rest of its trajectory is what is foreseen. */
export interface Standing {
  readonly promptTokens: number;
  /** Cells after the last compression; the prompt's before the first. */
  readonly floorCells: number;
  /** Finished ones. */
  readonly thoughts: number;
  /** Sampled tokens of the finished thoughts. */
  readonly sampledTokens: number;
  /** Cells of the thought in progress. */
  readonly thoughtCells: number;
  /** Most cells at any time so far. */
  readonly peakCells: number;
}

/** What is foreseen of one kind of session: from statistics (Profile), or known (the simulator's oracle). */
export interface Forecast {
  /** Adds mean and variance at every horizon, for a session that stands so. */
  addTo(outlook: Outlook, standing: Standing): void;
  /** Chance that the thought in progress is longer than so many cells, as it is already as long as it stands. */
  stillThinking(standing: Standing, thoughtCells: number): number;
  /** Cells that the thought in progress, compression included, exceeds with a chance of at most `chance`. */
  thoughtQuantile(standing: Standing, chance: number): number;
}

export const at0: Standing = {
  promptTokens: 0,
  floorCells: 0,
  thoughts: 0,
  sampledTokens: 0,
  thoughtCells: 0,
  peakCells: 0,
};

/** A session of which only its job is known. */
export const fresh = (promptTokens: number): Standing => ({
  ...at0,
  promptTokens,
  floorCells: promptTokens,
  peakCells: promptTokens,
});
