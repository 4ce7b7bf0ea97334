import { CellTime } from '@gistpool/core';

/** What the meter reads. */
export interface MeteredLane {
  /** Cells of all its slots. */
  readonly cells: number;
  /** The same as the engine counts them; undefined: it cannot. */
  readonly engineCells: number | undefined;
}

/** Of the card's time the engine's count may take so much: it goes through all cells. */
const MOST_OF_TIME = 0.005;

/**
 * The card's own account of its KV memory: used cells of all lanes, integrated over time, so that the sum of what jobs are
 * told they used can be held against it. It is stepped by the card, and knows nothing of who comes, goes, is parked or
 * handed back. As often as that is cheap the engine counts, and what the lanes were wrong by is put right until it does so
 * again. That is not done at every step, and its count alone will not do: a look that falls due is one behind a long step
 * more often than not, and those are prompts, after which more is held.
 */
export class CardMeter {
  private readonly held = new CellTime();
  /** Engine's count less the lanes', when it was asked last. */
  private missedCells = 0;
  private dueAtMs = 0;

  constructor(
    private readonly lanes: () => readonly MeteredLane[],
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** After each step. `isIdle`: no step may follow for long. */
  look(isIdle = false): void {
    const startedAtMs = this.nowMs();
    const cells = sum(this.lanes(), (lane) => lane.cells);
    const isDue = isIdle || startedAtMs >= this.dueAtMs;
    if (isDue) this.missedCells = sum(this.lanes(), (lane) => lane.engineCells ?? lane.cells) - cells;
    this.held.hold(cells + this.missedCells, startedAtMs);
    if (isDue) this.dueAtMs = startedAtMs + (this.nowMs() - startedAtMs) / MOST_OF_TIME;
  }

  get cellMs(): number {
    return this.held.cellMs(this.nowMs());
  }
}

const sum = (lanes: readonly MeteredLane[], of: (lane: MeteredLane) => number): number =>
  lanes.reduce((total, lane) => total + of(lane), 0);
