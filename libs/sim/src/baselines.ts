import { boundOf } from '@gistpool/core';
import type { Acts, Rules, SimpleAdmission } from './rules';
import { featuresOf, keptCells, peakCells, type SimJob, type Trace } from './sim-job';
import type { SimPool } from './sim-pool';
import type { SimSession } from './sim-session';

/** Everyone goes on; when no cell is left the newest is thrown out and computed again later (vLLM, LightLLM). */
export class EvictingRules implements Rules {
  mayGoOn(): boolean {
    return true;
  }

  stepsUntilTight(pool: SimPool): number {
    return pool.running.length === 0
      ? Number.POSITIVE_INFINITY
      : Math.floor(pool.freeCells / pool.running.length);
  }

  reserveCells(): number {
    return 0;
  }

  relieve(pool: SimPool, acts: Acts): void {
    while (pool.members.length > 1 && pool.freeCells < pool.running.length) {
      acts.evict(pool.members.reduce((newest, one) => (one.order > newest.order ? one : newest)));
    }
  }

  unblock(pool: SimPool): SimSession | undefined {
    return pool.members[0];
  }
}

/** Everyone has cells of its own. One that outgrows them is thrown out and comes back with its upper bound. */
export class ReservingRules implements Rules {
  mayGoOn(_pool: SimPool, _session: SimSession): boolean {
    return true;
  }

  stepsUntilTight(pool: SimPool): number {
    let steps = Number.POSITIVE_INFINITY;
    for (const one of pool.running) {
      if (one.standing.floorCells + one.thoughtSteps <= one.reservedCells) continue;
      steps = Math.min(steps, one.reservedCells - one.liveCells);
    }
    return steps;
  }

  reserveCells(): number {
    return 0;
  }

  relieve(pool: SimPool, acts: Acts): void {
    for (const one of [...pool.running]) {
      if (
        one.liveCells < one.reservedCells ||
        one.standing.floorCells + one.thoughtSteps <= one.reservedCells
      )
        continue;
      one.hasOutgrown = true;
      acts.evict(one);
    }
  }

  unblock(pool: SimPool, _acts: Acts): SimSession | undefined {
    return pool.members[0];
  }
}

/** Widths of slots that a session is moved through as its floor rises (cells). */
const CLASSES: readonly number[] = [512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12_288];

/** Slots with promotion: each thought in the narrowest slot that holds it; a session waits at its boundary for a wider one. */
export class PromotingRules extends ReservingRules {
  override mayGoOn(pool: SimPool, session: SimSession): boolean {
    const needed = slotFor(session.standing.floorCells + session.thoughtSteps);
    const others = reservedIn(pool) - session.reservedCells;
    const mayHave = others + needed <= pool.shape.cells;
    // Who waits keeps no more than its floor needs.
    session.reservedCells = mayHave ? needed : slotFor(session.standing.floorCells);
    return mayHave;
  }

  override unblock(pool: SimPool, acts: Acts): SimSession | undefined {
    for (;;) {
      const fitting = pool.members.find((one) => this.mayGoOn(pool, one));
      const newest = pool.members.reduce((last, one) => (one.order > last.order ? one : last));
      if (fitting || pool.members.length === 1) return fitting ?? newest;
      acts.park(newest, 'no wider slot');
    }
  }
}

const slotFor = (cells: number): number =>
  CLASSES.find((width) => width >= cells) ?? Math.ceil(cells / 256) * 256;

const reservedIn = (pool: SimPool): number => pool.members.reduce((sum, one) => sum + one.reservedCells, 0);

/** Admits while the sum of what is set aside fits. */
export class Reserving implements SimpleAdmission {
  constructor(
    private readonly cellsFor: (job: SimJob, returning: SimSession | undefined) => number,
    /** Share of the cells that may be given away to newcomers. */
    private readonly watermark = 1,
  ) {}

  admits(pool: SimPool, job: SimJob, returning: SimSession | undefined): boolean {
    const cells = this.watermark * pool.shape.cells;
    return pool.members.length === 0 || reservedIn(pool) + this.cellsFor(job, returning) <= cells;
  }

  placed(_pool: SimPool, session: SimSession): void {
    session.reservedCells = this.cellsFor(session.job, session.order > 0 ? session : undefined);
  }

  ended(): void {
    return;
  }
}

export const upperBound = (trace: Trace) => (job: SimJob) => boundOf(featuresOf(trace, job));

/** Its own peak, told beforehand, in slots of a multiple of 256. */
export const knownSlot = (trace: Trace) => (job: SimJob) =>
  Math.ceil(peakCells(job.promptTokens, job.course(), keptCells(trace)) / 256) * 256;

export const constantSlot =
  (trace: Trace, cells: number) => (job: SimJob, returning: SimSession | undefined) =>
    returning?.hasOutgrown ? upperBound(trace)(job) : cells;

export const firstSlot = (kept: number) => (job: SimJob, returning: SimSession | undefined) =>
  slotFor(
    returning
      ? returning.standing.floorCells + returning.thoughtSteps
      : job.promptTokens + (job.course().thoughtTokens[0] ?? 0) + kept,
  );

/** As long as there is room now, but for a small part. */
export class Aggressive implements SimpleAdmission {
  constructor(private readonly watermark: number) {}

  admits(pool: SimPool, job: SimJob, returning: SimSession | undefined): boolean {
    return pool.liveCells + (returning?.liveCells ?? job.promptTokens) <= this.watermark * pool.shape.cells;
  }

  placed(): void {
    return;
  }

  ended(): void {
    return;
  }
}
