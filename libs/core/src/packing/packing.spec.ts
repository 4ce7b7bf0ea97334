import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LaneOffer } from '../ledger/ledger';
import { AdmissionRound, inAdmissionOrder, type WaitingJob } from './admission-round';
import { bestFit, canEverFit } from './best-fit';

const lane = (
  card: string,
  number: number,
  slotCells: number,
  freeSlots: number,
  model = 'm',
): LaneOffer => ({
  card,
  lane: number,
  model,
  slotCells,
  freeSlots,
});

const job = (jobId: string, cells: number, change: Partial<WaitingJob> = {}): WaitingJob => ({
  jobId,
  model: 'm',
  cells,
  priority: 0,
  createdAtMs: 0,
  ...change,
});

describe('best fit', () => {
  it('takes the smallest slot that holds the need', () => {
    const lanes = [lane('a', 0, 500, 1), lane('a', 1, 200, 1), lane('a', 2, 100, 1)];
    expect(bestFit(lanes, { model: 'm', cells: 150 })?.lane).toBe(1);
    expect(bestFit(lanes, { model: 'm', cells: 100 })?.lane).toBe(2);
    expect(bestFit(lanes, { model: 'm', cells: 501 })).toBeUndefined();
  });

  it('takes, of equal slots, the one on the card with the most free cells', () => {
    const lanes = [lane('a', 0, 100, 1), lane('b', 0, 100, 2), lane('c', 0, 100, 1)];
    expect(bestFit(lanes, { model: 'm', cells: 50 })?.card).toBe('b');
  });

  it('passes over full lanes and lanes of other models', () => {
    const lanes = [lane('a', 0, 100, 0), lane('b', 0, 100, 1, 'other')];
    expect(bestFit(lanes, { model: 'm', cells: 50 })).toBeUndefined();
  });

  it('takes the emptiest of equal pools, and none that lacks the cells', () => {
    const pools = [
      { ...lane('a', 0, 100, 2), freeCells: 40 },
      { ...lane('a', 1, 100, 3), freeCells: 60 },
      { ...lane('a', 2, 100, 4), freeCells: 20 },
    ];
    expect(bestFit(pools, { model: 'm', cells: 30 })?.lane).toBe(1);
    expect(bestFit(pools, { model: 'm', cells: 61 })).toBeUndefined();
  });

  it('knows what will never fit', () => {
    expect([canEverFit(100, 100), canEverFit(100, 101)]).toEqual([true, false]);
  });

  const offers = fc.uniqueArray(
    fc.record({
      card: fc.constantFrom('a', 'b', 'c'),
      lane: fc.nat(2),
      model: fc.constantFrom('m', 'o'),
      slotCells: fc.integer({ min: 1, max: 6 }),
      freeSlots: fc.nat(2),
    }),
    { selector: (offer) => `${offer.card}/${offer.lane}` },
  );

  it('does not depend on the order of the candidates', () => {
    fc.assert(
      fc.property(offers, fc.nat(7), fc.infiniteStream(fc.nat()), (lanes, cells, noise) => {
        const keyed = lanes.map((one) => ({ one, key: noise.next().value ?? 0 }));
        const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ one }) => one);
        expect(bestFit(shuffled, { model: 'm', cells })).toEqual(bestFit(lanes, { model: 'm', cells }));
      }),
    );
  });

  it('never leaves a round with a job waiting beside a free slot that would hold it, and never gives a slot twice', () => {
    const jobs = fc.array(
      fc.record({
        model: fc.constantFrom('m', 'o'),
        cells: fc.nat(7),
        priority: fc.nat(2),
        createdAtMs: fc.nat(3),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(offers, jobs, (lanes, wanted) => {
        const round = new AdmissionRound(lanes);
        const answers = round.addAll(wanted.map((one, index) => ({ ...one, jobId: `j${index}` })));
        const free = new Map(lanes.map((one) => [`${one.card}/${one.lane}`, { ...one }]));
        for (const { job: asked, admission } of answers) {
          if (admission.ok) {
            const home = free.get(`${admission.placement.card}/${admission.placement.lane}`);
            expect(home?.model).toBe(asked.model);
            expect(asked.cells).toBeLessThanOrEqual(home?.slotCells ?? 0);
            expect(home?.freeSlots).toBeGreaterThan(0);
            if (home) free.set(`${home.card}/${home.lane}`, { ...home, freeSlots: home.freeSlots - 1 });
          }
        }
        for (const { job: asked, admission } of answers) {
          if (admission.ok) continue;
          const holds = [...free.values()].some(
            (one) => one.freeSlots > 0 && one.model === asked.model && one.slotCells >= asked.cells,
          );
          expect(holds).toBe(false);
        }
      }),
    );
  });
});

describe('an admission round', () => {
  it('asks by priority, then age', () => {
    const late = job('late', 1, { createdAtMs: 9 });
    const early = job('early', 1, { createdAtMs: 1 });
    const urgent = job('urgent', 1, { priority: -1, createdAtMs: 99 });
    expect(inAdmissionOrder([late, early, urgent])).toEqual([urgent, early, late]);
  });

  it('does not let a wide job that waits hold up a narrow one', () => {
    const round = new AdmissionRound([lane('a', 0, 100, 1), lane('a', 1, 500, 0)]);
    expect(round.tryAdd(job('wide', 400))).toEqual({ ok: false, reason: 'no-free-slot' });
    expect(round.tryAdd(job('narrow', 50)).ok).toBe(true);
  });

  it('gives a slot that came free to the wide job before the narrow ones behind it', () => {
    const round = new AdmissionRound([lane('a', 0, 100, 0), lane('a', 1, 500, 1)]);
    const answers = round.addAll([
      job('narrow', 50, { createdAtMs: 2 }),
      job('wide', 400, { createdAtMs: 1 }),
    ]);
    expect(answers.map(({ job: { jobId }, admission }) => [jobId, admission.ok])).toEqual([
      ['wide', true],
      ['narrow', false],
    ]);
  });

  it('tells a job that will never fit how wide the widest slot is', () => {
    const round = new AdmissionRound([lane('a', 0, 100, 0), lane('b', 0, 900, 1, 'other')]);
    expect(round.tryAdd(job('giant', 101))).toEqual({
      ok: false,
      reason: 'never-fits',
      largestSlotCells: 100,
    });
    expect(round.tryAdd(job('astray', 1, { model: 'none' }))).toEqual({
      ok: false,
      reason: 'never-fits',
      largestSlotCells: 0,
    });
  });

  it('spreads equal jobs over equal cards', () => {
    const round = new AdmissionRound([lane('a', 0, 100, 2), lane('b', 0, 100, 2)]);
    const cards = ['1', '2', '3', '4'].map((id) => {
      const admission = round.tryAdd(job(id, 10));
      return admission.ok ? admission.placement.card : 'none';
    });
    expect(cards).toEqual(['a', 'b', 'a', 'b']);
  });
});

describe('an admission round over pools', () => {
  const pools = (...freeCells: readonly number[]) =>
    freeCells.map((cells, index) => ({ ...lane('a', index, 100, 8), freeCells: cells }));
  const lanesOf = (free: readonly number[], jobs: readonly WaitingJob[]) =>
    new AdmissionRound(pools(...free))
      .addAll(jobs)
      .map(({ admission }) => (admission.ok ? admission.placement.lane : admission.reason));

  it('gives no cell twice', () => {
    const jobs = ['j1', 'j2', 'j3'].map((id, index) => job(id, 60, { createdAtMs: index }));
    expect(lanesOf([100, 100], jobs)).toEqual([0, 1, 'no-free-slot']);
  });

  it('keeps the emptiest pool for a wide job that waits, so that narrow ones do not starve it', () => {
    const wide = job('wide', 90);
    const narrow = ['n1', 'n2'].map((id, index) => job(id, 30, { createdAtMs: 1 + index }));
    expect(lanesOf([80, 60], [wide, ...narrow])).toEqual(['no-free-slot', 1, 1]);
  });
});
