import type { Forecast, PoolMember, Progress } from '@gistpool/core';
import type { Course, SimJob } from './sim-job';

/** A job at work. Cells grow by one per step while it runs; a thought's end takes them back to the floor. */
export class SimSession implements PoolMember {
  readonly standing;
  /** Card steps: when the present thought (or the tail) began, waiting taken out. Valid while it runs. */
  begunAtStep = 0;
  isRunning = false;
  hasEnded = false;
  /** Since when it waits, if it does not run. */
  heldAtStep = 0;
  /** Set aside for it, where a policy reserves. */
  reservedCells = 0;
  /** Its card is gone, and the saved cache with it. */
  isReplayed = false;
  /** It was once thrown out for holding more. */
  hasOutgrown = false;
  /** What Past-Future takes it to come to. */
  guessed = 0;
  order = 0;
  placedAtMs = 0;
  cellMs = 0;
  /** Its tenant was charged so much when it was placed. */
  chargedCellMs = 0;
  accountedAtMs = 0;

  constructor(
    readonly job: SimJob,
    readonly course: Course,
    /** Replaced as the session goes on, by what is known then. */
    public forecast: Forecast,
    readonly progress: Progress | undefined,
    private readonly kept: number,
  ) {
    this.standing = {
      promptTokens: job.promptTokens,
      floorCells: job.promptTokens,
      thoughts: 0,
      sampledTokens: 0,
      thoughtCells: 0,
      peakCells: job.promptTokens,
    };
  }

  get isTail(): boolean {
    return this.standing.thoughts >= this.course.thoughtTokens.length;
  }

  /** Steps of the whole present thought, its compression included, or of the tail. */
  get thoughtSteps(): number {
    return this.isTail
      ? this.course.tailTokens
      : (this.course.thoughtTokens[this.standing.thoughts] ?? 0) + this.kept;
  }

  get liveCells(): number {
    return this.standing.floorCells + this.standing.thoughtCells;
  }

  /** Brings the standing up to the card's step. */
  sync(step: number): void {
    if (this.isRunning) this.standing.thoughtCells = step - this.begunAtStep;
  }

  endsAtStep(): number {
    return this.begunAtStep + this.thoughtSteps;
  }

  run(step: number): void {
    this.begunAtStep = step - this.standing.thoughtCells;
    this.isRunning = true;
  }

  hold(step: number): void {
    this.sync(step);
    this.isRunning = false;
    this.heldAtStep = step;
  }

  /** The thought in progress is compressed. Returns its sampled tokens. */
  compress(step: number): number {
    this.heldAtStep = step;
    const { standing, course } = this;
    const tokens = course.thoughtTokens[standing.thoughts] ?? 0;
    standing.peakCells = Math.max(standing.peakCells, standing.floorCells + tokens + this.kept);
    standing.floorCells += this.kept;
    standing.thoughts += 1;
    standing.sampledTokens += tokens;
    standing.thoughtCells = 0;
    this.isRunning = false;
    return tokens;
  }
}
