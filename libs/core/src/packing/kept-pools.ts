import { POOLS_PER_RESERVATION } from './odds';
import type { Newcomer, Pool } from './pool';

interface Kept {
  readonly poolId: string;
  /** When its job was to start, by what was foreseen when the pool was kept for it first. */
  readonly startsAtMs: number;
  readonly msPerStep: number | undefined;
}

/**
 * Pools that are kept for wide jobs, from round to round. A pool lets others ahead only until the time at which its job was
 * to start when it began to wait: otherwise short ones could pass it for ever. Where nobody knows how long a step takes
 * nobody is let ahead.
 */
export class KeptPools {
  private readonly byJob = new Map<string, Kept>();

  /** The pools of a new round. What is kept for jobs that wait no more, and pools that are gone, are forgotten. */
  keep(pools: readonly Pool[], waiting: ReadonlySet<string>, nowMs: number): void {
    const byId = new Map(pools.map((pool) => [pool.id, pool]));
    for (const [jobId, kept] of this.byJob) {
      const pool = byId.get(kept.poolId);
      if (pool === undefined || !waiting.has(jobId)) this.byJob.delete(jobId);
      else pool.reserve(jobId, stepsUntil(kept, nowMs));
    }
  }

  has(jobId: string): boolean {
    return this.byJob.has(jobId);
  }

  /** The roomiest pool that could hold it is kept for it from now on, if there is one and few enough are kept already. */
  add(
    jobId: string,
    newcomer: Newcomer,
    pools: readonly Pool[],
    at: { readonly nowMs: number; readonly msPerStep: number | undefined; readonly isOverdue: boolean },
  ): void {
    const most = Math.max(1, Math.floor(pools.length / POOLS_PER_RESERVATION));
    if (this.byJob.has(jobId) || (this.byJob.size >= most && !at.isOverdue)) return;
    const pool = roomiest(
      pools.filter((one) => one.reservedFor === undefined && newcomer.predictedPeakCells <= one.shape.cells),
    );
    if (!pool) return;
    const { nowMs, msPerStep } = at;
    const startsAtMs = nowMs + pool.stepsUntilFits(newcomer) * (msPerStep ?? 0);
    const kept = { poolId: pool.id, startsAtMs, msPerStep };
    this.byJob.set(jobId, kept);
    pool.reserve(jobId, stepsUntil(kept, nowMs), newcomer);
  }

  /** Its job has a place, here or elsewhere. */
  release(jobId: string, pools: readonly Pool[]): void {
    if (!this.byJob.delete(jobId)) return;
    pools.find((pool) => pool.reservedFor === jobId)?.reserve(undefined, 0);
  }
}

const stepsUntil = ({ startsAtMs, msPerStep }: Kept, nowMs: number): number =>
  msPerStep === undefined || msPerStep <= 0 ? 0 : Math.max(0, (startsAtMs - nowMs) / msPerStep);

const roomiest = (pools: readonly Pool[]): Pool | undefined =>
  pools.reduce<Pool | undefined>(
    (most, pool) => (most && most.headroomCells >= pool.headroomCells ? most : pool),
    undefined,
  );
