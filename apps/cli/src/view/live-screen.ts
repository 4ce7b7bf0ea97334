import { HIDE_CURSOR, SHOW_CURSOR, type Output } from '../output';
import { clip } from './clip';

const CLEAR_DOWN = '\u001b[J';

/**
 * Progress that moves. On a terminal the lines are redrawn in place; elsewhere one summary line is written
 * every few seconds.
 */
export class LiveScreen {
  private drawn = 0;
  private lastSummaryAtMs = -Infinity;

  constructor(
    private readonly output: Output,
    private readonly summaryEveryMs = 3000,
    private readonly now: () => number = Date.now,
  ) {}

  show(lines: readonly string[], summary: string): void {
    if (!this.output.isLive) {
      if (this.now() - this.lastSummaryAtMs < this.summaryEveryMs) return;
      this.lastSummaryAtMs = this.now();
      this.output.progress(`${summary}\n`);
      return;
    }
    // A line that wraps would be two lines to go back over.
    const fitting = lines
      .slice(0, Math.max(1, this.output.rows - 1))
      .map((line) => clip(line, this.output.columns - 1));
    this.output.progress(
      `${HIDE_CURSOR}${this.home()}${fitting.map((line) => `${line}\u001b[K\n`).join('')}${CLEAR_DOWN}`,
    );
    this.drawn = fitting.length;
  }

  /** Takes the drawing away, so that what is written next starts where it began. */
  clear(): void {
    if (!this.output.isLive || this.drawn === 0) return;
    this.output.progress(`${this.home()}${CLEAR_DOWN}${SHOW_CURSOR}`);
    this.drawn = 0;
  }

  private home(): string {
    return this.drawn === 0 ? '' : `\u001b[${this.drawn}A\r`;
  }
}
