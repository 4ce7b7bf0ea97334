import { Ledger, type LaneOffer, type LedgerCard, type Sharing } from '@gistpool/core';
import type { CardView } from '@gistpool/contracts';
import type { Placement } from './types';

const ledgerCardOf = (view: CardView): LedgerCard => ({
  card: view.card,
  incarnation: view.incarnation,
  model: view.model,
  isDraining: view.state !== 'ready' || view.cordon !== undefined,
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
 * `closed` are the lanes of cordoned cards, without a free slot: what only they would hold waits until they are open.
 * `overbooked` are placements for which their card shows no slot (a card that came back with fewer lanes; while it changes
 * its lanes, places and lanes do not agree for a moment).
 */
export function fleetLedger(
  cards: readonly CardView[],
  placements: ReadonlyMap<string, readonly Placement[]>,
  sharing: Sharing = 'sums',
): { ledger: Ledger; closed: LaneOffer[]; overbooked: string[] } {
  const ledger = new Ledger(sharing);
  const overbooked: string[] = [];
  const closed: LaneOffer[] = [];
  for (const view of cards) {
    const card = ledgerCardOf(view);
    // A draining card takes nothing new, but what it has was reserved before.
    ledger.replaceCard({ ...card, isDraining: false });
    for (const { jobId, lane, reservedCells } of placements.get(view.card) ?? []) {
      const { ok } = ledger.reserve(jobId, view.card, lane, reservedCells);
      if (!ok && view.state !== 'reshaping') overbooked.push(jobId);
    }
    if (view.cordon !== undefined) {
      const offers = ledger.offers().filter((offer) => offer.card === view.card);
      closed.push(...offers.map((offer) => ({ ...offer, freeSlots: 0 })));
    }
    if (card.isDraining) ledger.replaceCard(card);
  }
  return { ledger, closed, overbooked };
}
