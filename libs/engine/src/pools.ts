/**
 * How the slots of a lane share its cells: slot s sits in pool floor(s / slotsEach), and every pool has as many cells.
 * With one slot each, a pool is what the stock library calls a stream of its own.
 */
export class Pools {
  constructor(
    readonly count: number,
    readonly slotsEach: number,
    readonly cellsEach: number,
  ) {}

  get areShared(): boolean {
    return this.slotsEach > 1;
  }

  /**
   * Cells of a pool that sessions may claim together. A pass takes the same number of tokens from every pool, so a pool
   * with fewer sessions is filled up by tokens that are forgotten at once; at least one session sits there then, so at
   * most slotsEach - 1 cells are lent to them.
   */
  get jobCells(): number {
    return this.cellsEach - (this.slotsEach - 1);
  }

  of(slot: number): number {
    return Math.floor(slot / this.slotsEach);
  }

  firstSlot(pool: number): number {
    return pool * this.slotsEach;
  }

  /** What each pool holds of the lane's seats. */
  seatsOf<T>(seats: readonly T[], pool: number): T[] {
    return seats.slice(this.firstSlot(pool), this.firstSlot(pool + 1));
  }

  /** Pools that hold at least one of these slots. */
  inUse(slots: readonly number[]): number {
    return new Set(slots.map((slot) => this.of(slot))).size;
  }
}

/**
 * Tokens that each pool lacks so that one pass takes them all: every pool between the first and the last that has any
 * must give as many as the highest.
 */
export function missingTokens(tokens: readonly number[]): number[] {
  const first = tokens.findIndex((count) => count > 0);
  const last = tokens.findLastIndex((count) => count > 0);
  const highest = Math.max(0, ...tokens);
  return tokens.map((count, pool) => (pool < first || pool > last ? 0 : highest - count));
}
