import type { PositionRange } from '../types';

/** Holds back each range until `lag` further ones have come (HybridThinker; MEMENTO's kept last blocks). 0 = at once. */
export class Lag {
  private readonly held: PositionRange[] = [];

  constructor(private readonly lag: number) {}

  /** Takes a range in and returns the ranges that are due. */
  push(range: PositionRange): PositionRange[] {
    this.held.push(range);
    return this.held.splice(0, Math.max(0, this.held.length - this.lag));
  }
}
