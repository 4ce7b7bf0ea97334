import type { LaneOffer } from '../ledger/ledger';

export interface Need {
  readonly model: string;
  /** Predicted peak. */
  readonly cells: number;
}

/** Whether the job could be placed if the fleet stood empty; if not, waiting does not help it. */
export const canEverFit = (largestSlotCells: number, needCells: number): boolean =>
  needCells <= largestSlotCells;

/** The widest slot that any lane has for the model, free or not; 0 when no lane serves it. */
export const largestSlotCells = (lanes: readonly LaneOffer[], model: string): number =>
  lanes.reduce((widest, lane) => (lane.model === model ? Math.max(widest, lane.slotCells) : widest), 0);

const isShared = (lane: LaneOffer): boolean => lane.freeCells !== undefined || lane.pool !== undefined;

/** Of a pool that goes by what is foreseen: at its fullest step to come. */
export const freeCellsOf = ({ pool, freeCells, freeSlots, slotCells }: LaneOffer): number =>
  pool ? Math.max(0, pool.headroomCells) : (freeCells ?? freeSlots * slotCells);

/** By the cells that it must set aside. */
export const holds = (lane: LaneOffer, cells: number): boolean =>
  cells <= Math.min(lane.slotCells, lane.freeCells ?? lane.slotCells);

/**
 * The lane with the smallest free slot that holds the need. Ties go to the card with the most free cells, then to the
 * pool with the fewest sessions: pools of a card step in one pass that takes as many tokens from each, so level ones waste
 * nothing. Then by name of the card and number of the lane, so that the choice does not depend on the order of the candidates.
 */
export function bestFit(
  candidates: readonly LaneOffer[],
  need: Need,
  hasRoom: (lane: LaneOffer) => boolean = (lane) => holds(lane, need.cells),
): LaneOffer | undefined {
  const freeCells = new Map<string, number>();
  for (const lane of candidates)
    freeCells.set(lane.card, (freeCells.get(lane.card) ?? 0) + freeCellsOf(lane));
  const free = (lane: LaneOffer): number => freeCells.get(lane.card) ?? 0;
  const isBetter = (a: LaneOffer, b: LaneOffer): boolean => {
    if (a.slotCells !== b.slotCells) return a.slotCells < b.slotCells;
    if (free(a) !== free(b)) return free(a) > free(b);
    if (a.card !== b.card) return a.card < b.card;
    if (isShared(a) && isShared(b) && a.freeSlots !== b.freeSlots) return a.freeSlots > b.freeSlots;
    return a.lane < b.lane;
  };
  return candidates
    .filter((lane) => lane.model === need.model && lane.freeSlots > 0 && hasRoom(lane))
    .reduce<LaneOffer | undefined>((best, lane) => (best && !isBetter(lane, best) ? best : lane), undefined);
}
