import { nearestToItsEnd, spareBeside, type Gate, type ThoughtsInProgress } from '@gistpool/core';
import type { Acts, Rules } from './rules';
import type { SimPool } from './sim-pool';
import type { SimSession } from './sim-session';

/** gistpool's own: thoughts begin when there is room for them, and one can always be brought to its end. */
export class GatedRules implements Rules {
  constructor(
    protected readonly kept: number,
    private readonly gate: Gate,
  ) {}

  mayGoOn(pool: SimPool, session: SimSession): boolean {
    if (pool.running.length === 0) return this.canFinish(pool, session);
    return this.thoughts(pool).peakCells(pool.liveCells, session) <= pool.shape.cells;
  }

  /** Whether a session of another pool could come and go on at once. */
  mayJoin(pool: SimPool, session: SimSession): boolean {
    const isFree = pool.members.length < pool.shape.sessions && pool.running.length === pool.members.length;
    if (!isFree || pool.freeCells < session.liveCells) return false;
    const liveCells = pool.liveCells + session.liveCells;
    return this.thoughts(pool).peakCells(liveCells, session) <= pool.shape.cells;
  }

  stepsUntilTight(pool: SimPool): number {
    const { running, freeCells } = pool;
    if (running.length <= 1) return freeCells;
    const nearest = this.thoughts(pool).nearest?.cells ?? 0;
    return Math.max(0, Math.floor((freeCells - nearest) / running.length));
  }

  reserveCells(pool: SimPool): number {
    return spareBeside(this.thoughts(pool), pool.members, pool.liveCells, this.gate);
  }

  relieve(pool: SimPool, acts: Acts): void {
    const nearest = nearestToItsEnd(pool.running, this.gate)?.member;
    for (const one of [...pool.running]) if (one !== nearest) acts.hold(one);
    if (pool.freeCells <= 0) this.makeRoom(pool, nearest, acts, 'full');
  }

  unblock(pool: SimPool, acts: Acts): SimSession | undefined {
    for (;;) {
      const nearest = nearestToItsEnd(pool.members, this.gate)?.member;
      if (!nearest || pool.members.length === 1 || this.canFinish(pool, nearest)) return nearest;
      this.makeRoom(pool, nearest, acts, 'floors');
    }
  }

  /** Somebody must go: the largest that another pool has room for; else the largest of all is parked. */
  private makeRoom(pool: SimPool, except: SimSession | undefined, acts: Acts, why: string): void {
    const others = pool.members.filter((one) => one !== except).sort((a, b) => b.liveCells - a.liveCells);
    const [largest = except] = others;
    if (!others.some((one) => acts.move(one)) && largest) acts.park(largest, why);
  }

  private thoughts(pool: SimPool): ThoughtsInProgress<SimSession> {
    return pool.thoughtsInProgress(this.kept, this.gate);
  }

  private canFinish(pool: SimPool, session: SimSession): boolean {
    return (nearestToItsEnd([session], this.gate)?.cells ?? 0) <= pool.freeCells;
  }
}
