/**
 * Cells x time, in cell-milliseconds: every number of cells counts for as long as it is held, until the next change. Who
 * owns one tells it each change when it happens; times are of one clock that never goes back.
 */
export class CellTime {
  private cells = 0;
  private sinceMs = 0;
  private sumCellMs = 0;

  /** From now on so many are held. */
  hold(cells: number, nowMs: number): void {
    this.sumCellMs = this.cellMs(nowMs);
    this.cells = cells;
    this.sinceMs = nowMs;
  }

  cellMs(nowMs: number): number {
    return this.sumCellMs + this.cells * Math.max(0, nowMs - this.sinceMs);
  }
}

/** Whole byte-seconds: the unit of usage and quotas. */
export const kvByteSeconds = (cellMs: number, kvBytesPerCell: number): number =>
  Math.round((cellMs * kvBytesPerCell) / 1000);
