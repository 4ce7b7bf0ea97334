import { boundOf, type Gate } from '@gistpool/core';
import { GatedRules } from '../gated-rules';
import { featuresOf, keptCells, type SimJob, type Trace } from '../sim-job';
import type { SimPool } from '../sim-pool';
import type { SimSession } from '../sim-session';

/** The engine's; see its guard. */
const GATE: Gate = { z: 1.5, chance: 0.02 };

/** What a worker does inside its pools: nothing at all while the bounds of all that sit in one fit. */
export class EngineRules extends GatedRules {
  private readonly bounds = new Map<string, number>();

  constructor(private readonly trace: Trace) {
    super(keptCells(trace), GATE);
  }

  override mayGoOn(pool: SimPool, session: SimSession): boolean {
    return this.isCalm(pool) || super.mayGoOn(pool, session);
  }

  override stepsUntilTight(pool: SimPool): number {
    return this.isCalm(pool) ? Number.POSITIVE_INFINITY : super.stepsUntilTight(pool);
  }

  /** Whom it lets in is the scheduler's to decide. */
  override reserveCells(): number {
    return 0;
  }

  boundOf(job: SimJob): number {
    const known = this.bounds.get(job.jobId);
    if (known !== undefined) return known;
    const bound = boundOf(featuresOf(this.trace, job));
    this.bounds.set(job.jobId, bound);
    return bound;
  }

  private isCalm(pool: SimPool): boolean {
    let cells = 0;
    for (const { job } of pool.members) cells += this.boundOf(job);
    return cells <= pool.shape.cells;
  }
}
