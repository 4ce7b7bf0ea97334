import { Ledger, type LedgerCard } from '@gistpool/core';
import type { CardView } from '@gistpool/contracts';
import type { Placement } from './types';

const ledgerCardOf = (view: CardView): LedgerCard => ({
  card: view.card,
  incarnation: view.incarnation,
  model: view.model,
  isDraining: view.state === 'draining',
  lanes: view.lanes.map((lane) => ({
    lane: lane.lane,
    slots: lane.slots.length,
    slotCells: lane.cells_per_slot,
    ...(lane.shared_cells !== undefined && { sharedCells: lane.shared_cells }),
  })),
});

/**
 * The ledger as Redis has it. Placements are written there in the same step that hands a job over or ends it, so
 * the ledger is made anew each round, and a scheduler that has just started knows as much as one that has not.
 * `overbooked` are placements for which their card shows no slot (a card that came back with fewer lanes).
 */
export function fleetLedger(
  cards: readonly CardView[],
  placements: ReadonlyMap<string, readonly Placement[]>,
): { ledger: Ledger; overbooked: string[] } {
  const ledger = new Ledger();
  const overbooked: string[] = [];
  for (const view of cards) {
    const card = ledgerCardOf(view);
    // A draining card takes nothing new, but what it has was reserved before.
    ledger.replaceCard({ ...card, isDraining: false });
    for (const { jobId, lane, reservedCells } of placements.get(view.card) ?? []) {
      if (!ledger.reserve(jobId, view.card, lane, reservedCells).ok) overbooked.push(jobId);
    }
    if (card.isDraining) ledger.replaceCard(card);
  }
  return { ledger, overbooked };
}
