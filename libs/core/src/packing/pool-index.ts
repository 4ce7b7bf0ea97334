import { BUCKETS, bucketOf } from '../prediction/buckets';
import type { Newcomer, Pool } from './pool';

/** Pools that are looked at for one newcomer, and that are compared when they would hold it. */
const ASKED = 16;
const FITTING = 4;

/** Pools by headroom: best fit without looking at all of them. Whoever changes a pool tells the index. */
export class PoolIndex<P extends Pool = Pool> {
  private readonly buckets: Set<P>[] = Array.from({ length: BUCKETS }, () => new Set<P>());
  private readonly placeOf = new Map<P, number>();
  private highest = -1;

  /** The pool is new, or its headroom changed. */
  update(pool: P): void {
    const place = bucketOf(pool.headroomCells);
    const before = this.placeOf.get(pool);
    if (place === before) return;
    if (before !== undefined) this.buckets[before]?.delete(pool);
    this.buckets[place]?.add(pool);
    this.placeOf.set(pool, place);
    this.highest = Math.max(this.highest, place);
  }

  remove(pool: P): void {
    const place = this.placeOf.get(pool);
    if (place !== undefined) this.buckets[place]?.delete(pool);
    this.placeOf.delete(pool);
  }

  /** Most cells that are free anywhere; 0 when nothing is. */
  get mostHeadroomCells(): number {
    for (const pool of this.buckets[this.top()] ?? []) return Math.max(0, pool.headroomCells);
    return 0;
  }

  /**
   * Best fit: of the tightest pools that surely hold the newcomer, else of the roomiest that may, the one where its peak
   * meets the neighbours' the least. Looks at a bounded number of pools, however many there are.
   */
  bestFor(newcomer: Newcomer, mayUse: (pool: P) => boolean): P | undefined {
    const sure = bucketOf(newcomer.claimCells) + 1;
    const top = this.top();
    const found = this.best(newcomer, mayUse, sure, top, 1);
    return found ?? this.best(newcomer, mayUse, Math.min(top, sure - 1), 1, -1);
  }

  private best(
    newcomer: Newcomer,
    mayUse: (pool: P) => boolean,
    from: number,
    to: number,
    step: 1 | -1,
  ): P | undefined {
    let best: P | undefined;
    let bestOverlap = Number.POSITIVE_INFINITY;
    let asked = 0;
    let fitting = 0;
    for (let bucket = from; step * (to - bucket) >= 0; bucket += step) {
      for (const pool of this.buckets[bucket] ?? []) {
        asked += 1;
        if (mayUse(pool) && pool.canAdmit(newcomer)) {
          fitting += 1;
          const overlap = pool.overlapCells(newcomer);
          if (overlap < bestOverlap) [best, bestOverlap] = [pool, overlap];
        }
        if (asked >= ASKED || fitting >= FITTING) return best;
      }
    }
    return best;
  }

  /** The pool with the most headroom whose cells would hold so many. */
  roomiest(cells: number, isWanted: (pool: P) => boolean): P | undefined {
    for (let bucket = this.top(); bucket >= 0; bucket -= 1) {
      for (const pool of this.buckets[bucket] ?? []) {
        if (pool.shape.cells >= cells && isWanted(pool)) return pool;
      }
    }
    return undefined;
  }

  private top(): number {
    while (this.highest >= 0 && this.buckets[this.highest]?.size === 0) this.highest -= 1;
    return this.highest;
  }
}
