import type { Backlog, BacklogJob } from './backlog';
import type { Newcomer, Pool } from './pool';
import type { PoolIndex } from './pool-index';

export interface PoolRoundOptions<J> {
  /** What is foreseen of a job; asked when its turn comes, so that it knows all that was learnt until then. */
  readonly newcomerOf: (job: J) => Newcomer;
  /** Steps within which the job will almost surely end. */
  readonly longRunSteps: (job: J) => number;
  /** Pools that may be kept for wide jobs at the same time. */
  readonly reservations: number;
}

export interface Placed<J, P> {
  readonly job: J;
  readonly pool: P;
  readonly newcomer: Newcomer;
}

/**
 * One round of placement for one model; thrown away after it. Asks the backlog in its order. A job that fits nowhere gets a
 * pool reserved, where only those may go in front of it that end before it could start anyway; all narrower jobs behind it
 * are still asked. So nobody waits for ever and little stands empty.
 */
export class PoolRound<J extends BacklogJob, P extends Pool> {
  private reserved: number;
  private narrowerThan = Number.POSITIVE_INFINITY;

  constructor(
    private readonly backlog: Backlog<J>,
    private readonly pools: PoolIndex<P>,
    private readonly reservedPools: Map<string, P>,
    private readonly options: PoolRoundOptions<J>,
  ) {
    this.reserved = reservedPools.size;
  }

  /** Takes the next job that fits out of the backlog; the caller puts it into the pool and tells the index. */
  next(nowMs: number): Placed<J, P> | undefined {
    while (this.backlog.size > 0) {
      const job = this.backlog.first(nowMs, this.narrowerThan);
      if (!job) return undefined;
      const newcomer = this.options.newcomerOf(job);
      const pool = this.poolFor(job, newcomer);
      if (pool) {
        this.backlog.take(job, nowMs);
        this.release(job.jobId);
        return { job, pool, newcomer };
      }
      this.reserve(job, newcomer, this.backlog.isOverdue(job, nowMs));
      this.narrowerThan = Math.min(this.narrowerThan, job.cells);
    }
    return undefined;
  }

  private poolFor(job: J, newcomer: Newcomer): P | undefined {
    const own = this.reservedPools.get(job.jobId);
    if (own?.canAdmit(newcomer)) return own;
    return this.pools.bestFor(newcomer, (pool) => this.mayUse(pool, job, newcomer));
  }

  /** As long as every job that was asked has been placed, whoever is asked is ahead of those that pools are kept for. */
  private mayUse(pool: P, job: J, newcomer: Newcomer): boolean {
    if (pool.reservedFor === undefined || pool.reservedFor === job.jobId) return true;
    if (this.narrowerThan === Number.POSITIVE_INFINITY) return true;
    return pool.letsAhead(newcomer, this.options.longRunSteps(job));
  }

  private reserve(job: J, newcomer: Newcomer, isOverdue: boolean): void {
    if (this.reservedPools.has(job.jobId)) return;
    if (this.reserved >= this.options.reservations && !isOverdue) return;
    const pool = this.pools.roomiest(newcomer.predictedPeakCells, (one) => one.reservedFor === undefined);
    if (!pool) return;
    pool.reserve(job.jobId, pool.stepsUntilFits(newcomer), newcomer);
    this.reservedPools.set(job.jobId, pool);
    this.reserved += 1;
  }

  private release(jobId: string): void {
    const pool = this.reservedPools.get(jobId);
    if (!pool) return;
    pool.reserve(undefined, 0);
    this.reservedPools.delete(jobId);
    this.reserved -= 1;
  }
}
