import type { LaneOffer, Reservation } from '../ledger/ledger';
import { bestFit, canEverFit, largestSlotCells, type Need } from './best-fit';

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
 * there a job that must wait for cells keeps the emptiest pool that could hold it from those behind it.
 */
export class AdmissionRound {
  private lanes: readonly LaneOffer[];

  constructor(offers: readonly LaneOffer[]) {
    this.lanes = offers;
  }

  /** Whether a lane would hold it if it stood empty. */
  canEverFit({ model, cells }: Need): boolean {
    return canEverFit(largestSlotCells(this.lanes, model), cells);
  }

  tryAdd({ jobId, model, cells }: WaitingJob): Admission {
    const lane = bestFit(this.lanes, { model, cells });
    if (lane) {
      this.lanes = this.lanes.map((one) => (one === lane ? afterPlacing(one, cells) : one));
      return { ok: true, placement: { jobId, card: lane.card, lane: lane.lane, cells } };
    }
    const widest = largestSlotCells(this.lanes, model);
    if (canEverFit(widest, cells)) {
      const kept = emptiestPool(this.lanes, { model, cells });
      this.lanes = this.lanes.map((one) => (one === kept ? { ...one, freeSlots: 0 } : one));
      return { ok: false, reason: 'no-free-slot' };
    }
    return { ok: false, reason: 'never-fits', largestSlotCells: widest };
  }

  /** Asks all of them in order; returns each with its answer, in the order asked. */
  addAll<J extends WaitingJob>(jobs: readonly J[]): { readonly job: J; readonly admission: Admission }[] {
    return inAdmissionOrder(jobs).map((job) => ({ job, admission: this.tryAdd(job) }));
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
