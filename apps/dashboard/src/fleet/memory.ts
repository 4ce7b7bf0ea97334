import type { CardView, LaneView, SlotView } from '@gistpool/contracts';

/** How full memory is, in cells. */
export interface CellUse {
  readonly liveCells: number;
  readonly reservedCells: number;
  readonly allCells: number;
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** Slots that share a pool hold no more than the pool, whatever each of them may. */
export const cellsOfLane = (lane: LaneView): number =>
  lane.shared_cells ?? lane.slots.length * lane.cells_per_slot;

export const useOfLane = (lane: LaneView): CellUse => ({
  liveCells: sum(lane.slots.map((slot) => slot.live_cells)),
  reservedCells: sum(lane.slots.map((slot) => slot.reserved_cells)),
  allCells: cellsOfLane(lane),
});

export function useOfCard(card: CardView): CellUse {
  const lanes = card.lanes.map(useOfLane);
  return {
    liveCells: sum(lanes.map((lane) => lane.liveCells)),
    reservedCells: sum(lanes.map((lane) => lane.reservedCells)),
    allCells: sum(lanes.map((lane) => lane.allCells)),
  };
}

export const shareOf = (part: number, whole: number): number => (whole <= 0 ? 0 : part / whole);

export const slotsOf = (card: CardView): readonly SlotView[] => card.lanes.flatMap((lane) => lane.slots);

export const busySlots = (card: CardView): number => slotsOf(card).filter((slot) => slot.job !== null).length;

/** Sessions that a decode step carries, of those it could. Null: the card does not step. */
export function batchFill(card: CardView): { perStep: number; share: number } | null {
  const { tokens_per_second: tokens, steps_per_second: steps } = card;
  if (steps === undefined || steps <= 0) return null;
  const slots = slotsOf(card).length;
  // Gists and continues are fed, not sampled: tokens by steps counts a little less than the sessions.
  const perStep = Math.min(slots, tokens / steps);
  return { perStep, share: shareOf(perStep, slots) };
}

/** One scale for all slots of a lane, so that they can be compared: the most that any holds, held or has reserved. */
export const topOfLane = (lane: LaneView): number =>
  Math.max(1, ...lane.slots.flatMap((slot) => [slot.reserved_cells, slot.live_cells, ...slot.recent_cells]));
