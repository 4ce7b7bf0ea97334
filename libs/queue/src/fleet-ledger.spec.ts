import { expect, it } from 'vitest';
import { fleetLedger } from './fleet-ledger';
import { aCard } from './testing.fixture';

const placement = { jobId: 'a', queue: 'q', token: 't', lane: 0, reservedCells: 100, placedAtMs: 0 };

it('offers nothing of a card that changes its lanes, and does not call places of the old ones overbooked', () => {
  const before = aCard('card-0', 'one', [[4, 512]]);
  const placements = new Map([['card-0', [{ ...placement }]]]);
  const ready = fleetLedger([before], placements);
  expect(ready.ledger.offers()).toEqual([expect.objectContaining({ lane: 0, freeSlots: 3 })]);
  const lanes = before.lanes.map((lane) => ({ ...lane, lane: 1 }));
  const changing = fleetLedger([{ ...before, lanes, state: 'reshaping' }], placements);
  expect([changing.ledger.offers(), changing.overbooked]).toEqual([[], []]);
  const moved = new Map([['card-0', [{ ...placement, lane: 1 }]]]);
  const after = fleetLedger([{ ...before, lanes }], moved);
  expect(after.ledger.offers()).toEqual([expect.objectContaining({ lane: 1, freeSlots: 3 })]);
  expect(after.overbooked).toEqual([]);
});
