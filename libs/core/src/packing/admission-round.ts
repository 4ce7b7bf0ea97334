import type { LaneOffer, Reservation } from '../ledger/ledger';
import { bestFit, canEverFit, holds, largestSlotCells, type Need } from './best-fit';
import type { KeptPools } from './kept-pools';
import type { Newcomer, Pool, PoolMember } from './pool';

export interface WaitingJob extends Need {
  readonly jobId: string;
  /** Smaller is sooner. */
  readonly priority: number;
  /** Unix milliseconds. */
  readonly createdAtMs: number;
}

export type Admission =
  | { readonly ok: true; readonly placement: Reservation }
  /** All slots that would hold it are taken: it waits, and is first in line for the next one at the next round. */
  | { readonly ok: false; readonly reason: 'no-free-slot' }
  /** No slot of the fleet will ever hold it. 0: no card serves the model. */
  | { readonly ok: false; readonly reason: 'never-fits'; readonly largestSlotCells: number };

/** What is foreseen of a job: as it asks for a place in a pool, and as a member of it. */
export interface Foreseen extends PoolMember {
  readonly newcomer: Newcomer;
  /** Within which it will almost surely end. */
  readonly longRunSteps: number;
  /** Undefined: nobody knows yet. */
  readonly msPerStep: number | undefined;
}

/** Needed where offers have pools. */
export interface Packing<J> {
  foresee(job: J): Foreseen;
  readonly kept: KeptPools;
  readonly nowMs: number;
}

/** Priority, then age, then id: the order in which a round asks. Sorts a copy. */
export const inAdmissionOrder = <J extends WaitingJob>(jobs: readonly J[]): J[] =>
  [...jobs].sort(
    (a, b) =>
      a.priority - b.priority ||
      a.createdAtMs - b.createdAtMs ||
      (a.jobId < b.jobId ? -1 : a.jobId > b.jobId ? 1 : 0),
  );

/**
 * One round of placement: the free slots as they were when it began, less what it has given away. Thrown away after
 * the round. A job that finds no slot takes nothing with it: those behind it are asked all the same. It does not starve,
 * since slots have fixed widths and every round asks it first for those that have come free. Pools have no widths, so
 * there a job that must wait keeps a pool from those behind it: where reservations add up the emptiest one, all of it;
 * where pools go by what is foreseen the roomiest one, but for those that end before it could start anyway.
 */
export class AdmissionRound<J extends WaitingJob = WaitingJob> {
  private lanes: readonly LaneOffer[];
  private readonly pools: readonly Pool[];
  /** Until then whoever is asked is ahead of all that pools are kept for. */
  private hasRefused = false;

  constructor(
    offers: readonly LaneOffer[],
    private readonly packing?: Packing<J>,
  ) {
    this.lanes = offers;
    this.pools = offers.flatMap(({ pool }) => pool ?? []);
    if (this.pools.length > 0 && !packing)
      throw new Error('pools go by what is foreseen: packing is missing');
  }

  /** Whether a lane would hold it if it stood empty. */
  canEverFit({ model, cells }: Need): boolean {
    return canEverFit(largestSlotCells(this.lanes, model), cells);
  }

  /** `isOverdue`: its like was placed nowhere for so long that a pool is kept for it, however many are kept already. */
  tryAdd(job: J, isOverdue = false): Admission {
    const { jobId, model, cells } = job;
    const foreseen = this.pools.length > 0 ? this.packing?.foresee(job) : undefined;
    const lane = this.laneFor(job, foreseen);
    if (lane) {
      if (foreseen) lane.pool?.add(foreseen);
      this.packing?.kept.release(jobId, this.pools);
      this.lanes = this.lanes.map((one) => (one === lane ? afterPlacing(one, cells) : one));
      return { ok: true, placement: { jobId, card: lane.card, lane: lane.lane, cells } };
    }
    const widest = largestSlotCells(this.lanes, model);
    if (!canEverFit(widest, cells)) return { ok: false, reason: 'never-fits', largestSlotCells: widest };
    this.hasRefused = true;
    if (foreseen && this.packing) {
      const { kept, nowMs } = this.packing;
      kept.add(jobId, foreseen.newcomer, this.pools, { nowMs, msPerStep: foreseen.msPerStep, isOverdue });
    }
    const emptiest = emptiestPool(this.lanes, { model, cells });
    this.lanes = this.lanes.map((one) => (one === emptiest ? { ...one, freeSlots: 0 } : one));
    return { ok: false, reason: 'no-free-slot' };
  }

  /** Asks all of them in order; returns each with its answer, in the order asked. */
  addAll<K extends J>(jobs: readonly K[]): { readonly job: K; readonly admission: Admission }[] {
    return inAdmissionOrder(jobs).map((job) => ({ job, admission: this.tryAdd(job) }));
  }

  private laneFor(job: J, foreseen: Foreseen | undefined): LaneOffer | undefined {
    const hasRoom = ({ pool }: LaneOffer) =>
      pool !== undefined && foreseen !== undefined && pool.canAdmit(foreseen.newcomer);
    const own = this.lanes.find(({ pool }) => pool?.reservedFor === job.jobId);
    if (own && own.freeSlots > 0 && hasRoom(own)) return own;
    return bestFit(this.lanes, job, (lane) =>
      lane.pool && foreseen
        ? hasRoom(lane) && this.mayUse(lane.pool, job.jobId, foreseen)
        : holds(lane, job.cells),
    );
  }

  private mayUse(pool: Pool, jobId: string, { newcomer, longRunSteps }: Foreseen): boolean {
    if (pool.reservedFor === undefined || pool.reservedFor === jobId || !this.hasRefused) return true;
    return pool.letsAhead(newcomer, longRunSteps);
  }
}

const afterPlacing = (lane: LaneOffer, cells: number): LaneOffer => ({
  ...lane,
  freeSlots: lane.freeSlots - 1,
  ...(lane.freeCells !== undefined && { freeCells: lane.freeCells - cells }),
});

const emptiestPool = (lanes: readonly LaneOffer[], { model, cells }: Need): LaneOffer | undefined =>
  lanes
    .filter((lane) => lane.model === model && lane.freeCells !== undefined && lane.freeSlots > 0)
    .filter((lane) => cells <= lane.slotCells)
    .reduce<LaneOffer | undefined>(
      (most, lane) => ((lane.freeCells ?? 0) > (most?.freeCells ?? -1) ? lane : most),
      undefined,
    );
