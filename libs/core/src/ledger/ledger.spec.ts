import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger, type LedgerCard, type Reservation } from './ledger';

const card = (change: Partial<LedgerCard> = {}): LedgerCard => ({
  card: 'a',
  incarnation: '1',
  model: 'm',
  isDraining: false,
  lanes: [
    { lane: 0, slots: 2, slotCells: 100 },
    { lane: 1, slots: 1, slotCells: 500 },
  ],
  ...change,
});

function ledgerWith(...reservations: readonly Reservation[]): Ledger {
  const ledger = new Ledger();
  ledger.replaceCard(card());
  for (const one of reservations) {
    expect(ledger.reserve(one.jobId, one.card, one.lane, one.cells).ok).toBe(true);
  }
  return ledger;
}

const first: Reservation = { jobId: 'j1', card: 'a', lane: 0, cells: 80 };
const second: Reservation = { jobId: 'j2', card: 'a', lane: 0, cells: 90 };

describe('the ledger', () => {
  it('gives a slot to a job and takes it back', () => {
    const ledger = ledgerWith(first);
    expect(ledger.offers().map((offer) => offer.freeSlots)).toEqual([1, 1]);
    expect(ledger.release('j1')).toEqual(first);
    expect(ledger.release('j1')).toBeUndefined();
    expect(ledger.offers().map((offer) => offer.freeSlots)).toEqual([2, 1]);
    expect(ledger.check()).toEqual([]);
  });

  it('says why it refuses, and changes nothing', () => {
    const ledger = ledgerWith(first, second);
    expect(ledger.reserve('j3', 'a', 0, 1)).toEqual({ ok: false, reason: 'no-free-slot' });
    expect(ledger.reserve('j3', 'a', 1, 501)).toEqual({ ok: false, reason: 'too-wide', slotCells: 500 });
    expect(ledger.reserve('j3', 'a', 7, 1)).toEqual({ ok: false, reason: 'unknown-lane' });
    expect(ledger.reserve('j3', 'b', 0, 1)).toEqual({ ok: false, reason: 'unknown-card' });
    expect(ledger.reserve('j1', 'a', 1, 1)).toEqual({
      ok: false,
      reason: 'already-reserved',
      reservation: first,
    });
    expect(ledger.reservations()).toEqual([first, second]);
    expect(ledger.check()).toEqual([]);
  });

  it('gives the cells that slots share to whoever fits, and no more of them than there are', () => {
    const ledger = new Ledger();
    ledger.replaceCard(card({ lanes: [{ lane: 0, slots: 4, slotCells: 100, sharedCells: 100 }] }));
    expect(ledger.reserve('j1', 'a', 0, 70).ok).toBe(true);
    expect(ledger.reserve('j2', 'a', 0, 31)).toEqual({ ok: false, reason: 'no-free-cells' });
    expect(ledger.reserve('j2', 'a', 0, 30).ok).toBe(true);
    expect(ledger.offers()).toMatchObject([{ freeSlots: 2, freeCells: 0, slotCells: 100 }]);
    expect(
      ledger.replaceCard(card({ lanes: [{ lane: 0, slots: 4, slotCells: 90, sharedCells: 90 }] })),
    ).toEqual([{ jobId: 'j2', card: 'a', lane: 0, cells: 30 }]);
    expect(ledger.check()).toEqual([]);
  });

  it('offers nothing of a draining card, and keeps what it has', () => {
    const ledger = ledgerWith(first);
    expect(ledger.replaceCard(card({ isDraining: true }))).toEqual([]);
    expect(ledger.offers()).toEqual([]);
    expect(ledger.reserve('j2', 'a', 0, 1)).toEqual({ ok: false, reason: 'draining' });
    expect(ledger.get('j1')).toEqual(first);
  });

  it('gives up all of a card whose worker started anew', () => {
    const ledger = ledgerWith(first, second);
    expect(ledger.replaceCard(card({ incarnation: '2' }))).toEqual([first, second]);
    expect(ledger.reservations()).toEqual([]);
    expect(ledger.offers().map((offer) => offer.freeSlots)).toEqual([2, 1]);
  });

  it('gives up what does not fit a new shape of the card, newest first', () => {
    const ledger = ledgerWith(first, second, { jobId: 'j3', card: 'a', lane: 1, cells: 200 });
    const lost = ledger.replaceCard(card({ lanes: [{ lane: 0, slots: 1, slotCells: 100 }] }));
    expect(lost.map((one) => one.jobId)).toEqual(['j2', 'j3']);
    expect(ledger.reservations()).toEqual([first]);
    expect(ledger.check()).toEqual([]);
  });

  it('forgets a removed card and returns what it held', () => {
    const ledger = ledgerWith(first);
    expect(ledger.removeCard('a')).toEqual([first]);
    expect(ledger.removeCard('a')).toEqual([]);
    expect([ledger.cards(), ledger.offers(), ledger.reservations()]).toEqual([[], [], []]);
  });

  it('finds a job that sits in a slot without a reservation', () => {
    const ledger = ledgerWith(first);
    (ledger as unknown as { byJob: Map<string, Reservation> }).byJob.delete('j1');
    expect(ledger.check()).toEqual([
      'card a lane 0: job j1 sits here without a reservation',
      '0 reservations, 1 jobs seated',
    ]);
  });

  it('stays sound through any run of events, and loses no job without saying so', () => {
    const cards = fc.constantFrom('a', 'b');
    const jobs = fc.constantFrom('j1', 'j2', 'j3', 'j4', 'j5');
    const lanes = fc.uniqueArray(
      fc.record(
        {
          lane: fc.nat(2),
          slots: fc.nat(3),
          slotCells: fc.integer({ min: 1, max: 9 }),
          sharedCells: fc.integer({ min: 1, max: 20 }),
        },
        { requiredKeys: ['lane', 'slots', 'slotCells'] },
      ),
      { selector: (lane) => lane.lane, maxLength: 3 },
    );
    const event = fc.oneof(
      fc.record({
        kind: fc.constant('reserve' as const),
        job: jobs,
        card: cards,
        lane: fc.nat(2),
        cells: fc.nat(9),
      }),
      fc.record({ kind: fc.constant('release' as const), job: jobs }),
      fc.record({ kind: fc.constant('remove' as const), card: cards }),
      fc.record({
        kind: fc.constant('replace' as const),
        card: fc.record({
          card: cards,
          incarnation: fc.constantFrom('1', '1', '2'),
          model: fc.constant('m'),
          isDraining: fc.boolean(),
          lanes,
        }),
      }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const ledger = new Ledger();
        const placed = new Set<string>();
        for (const one of events) {
          if (one.kind === 'reserve') {
            if (ledger.reserve(one.job, one.card, one.lane, one.cells).ok) placed.add(one.job);
          } else if (one.kind === 'release') {
            expect(ledger.release(one.job) !== undefined).toBe(placed.delete(one.job));
          } else {
            const lost = one.kind === 'remove' ? ledger.removeCard(one.card) : ledger.replaceCard(one.card);
            for (const { jobId } of lost) expect(placed.delete(jobId)).toBe(true);
          }
          expect(ledger.check()).toEqual([]);
          expect(
            ledger
              .reservations()
              .map((held) => held.jobId)
              .sort(),
          ).toEqual([...placed].sort());
        }
      }),
      { numRuns: 500 },
    );
  });
});
