import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cardsNeeded, type CardDemand, type CardLane, type ScalingRules } from './cards-needed';

const rules: ScalingRules = { drainMs: 600_000, minCards: 0, maxCards: 100 };
const nothing: CardDemand = {
  waiting: [],
  running: [],
  cardsAtWork: 0,
  cardsClosed: 0,
  runningOnClosed: 0,
  lanes: [{ slots: 10, slotCells: 512 }],
};
const needed = (demand: Partial<CardDemand>, other: Partial<ScalingRules> = {}) =>
  cardsNeeded({ ...nothing, ...demand }, { ...rules, ...other });

describe('the cards that a backlog needs', () => {
  it('are none when nothing waits and nothing runs, or the minimum', () => {
    expect(needed({})).toMatchObject({ cards: 0, binds: 'idle' });
    expect(needed({}, { minCards: 2 })).toMatchObject({ cards: 2, binds: 'minimum' });
  });

  it('are as many as end it in time', () => {
    // 600 jobs of 60 s in 10 slots: an hour on one card, so 6 cards for ten minutes.
    const waiting = [{ jobs: 600, cells: 500, runMs: 60_000 }];
    expect(needed({ waiting })).toMatchObject({ cards: 6, binds: 'drain', toDrain: 6, toHoldAll: 60 });
    expect(needed({ waiting }, { drainMs: 60_000 })).toMatchObject({ cards: 60 });
  });

  it('count what runs against that time', () => {
    const waiting = [{ jobs: 95, cells: 500, runMs: 60_000 }];
    const running = new Array(10).fill({ cells: 500, leftMs: 60_000 });
    expect(needed({ waiting })).toMatchObject({ cards: 1 });
    expect(needed({ waiting, running, cardsAtWork: 1 })).toMatchObject({ cards: 2, binds: 'drain' });
  });

  it('are never more than jobs can use at once, however long those run', () => {
    const waiting = [{ jobs: 25, cells: 500, runMs: 6_000_000 }];
    expect(needed({ waiting })).toMatchObject({ cards: 3, binds: 'together' });
  });

  it('are no fewer than those that have running jobs, and those that take none come on top', () => {
    const running = [{ cells: 500, leftMs: 1_000 }];
    expect(needed({ running, cardsAtWork: 4 })).toMatchObject({ cards: 4, binds: 'at-work' });
    const waiting = [{ jobs: 1, cells: 500, runMs: 1_000 }];
    expect(needed({ waiting, cardsClosed: 2 })).toMatchObject({ cards: 3 });
    expect(needed({ runningOnClosed: 3, cardsClosed: 2 })).toMatchObject({ cards: 2, binds: 'closed' });
    expect(needed({ cardsClosed: 2 })).toMatchObject({ cards: 0 });
  });

  it('of a model of which no card was ever seen are one', () => {
    const waiting = [{ jobs: 1_000, cells: 500, runMs: 60_000 }];
    const { lanes: _, ...rest } = nothing;
    expect(cardsNeeded({ ...rest, lanes: undefined, waiting }, rules)).toMatchObject({
      cards: 1,
      binds: 'unseen',
    });
  });

  it('count narrow jobs on wide slots, and wide jobs on wide slots only', () => {
    const lanes = [
      { slots: 30, slotCells: 512 },
      { slots: 2, slotCells: 2048 },
    ];
    const all = (jobs: number, cells: number) =>
      needed({ lanes, waiting: [{ jobs, cells, runMs: 600_000 }] }).cards;
    expect(all(64, 400)).toBe(2);
    expect(all(65, 400)).toBe(3);
    expect(all(6, 2000)).toBe(3);
    expect(all(6, 9000)).toBe(3);
    const mixed = [
      { jobs: 60, cells: 400, runMs: 600_000 },
      { jobs: 4, cells: 2000, runMs: 600_000 },
    ];
    expect(needed({ lanes, waiting: mixed }).cards).toBe(2);
  });

  it('follow the cells where slots share them', () => {
    const lanes = [{ slots: 16, slotCells: 2048, sharedCells: 4096 }];
    const cards = (cells: number) => needed({ lanes, waiting: [{ jobs: 32, cells, runMs: 600_000 }] }).cards;
    expect(cards(100)).toBe(2);
    expect(cards(1024)).toBe(8);
  });
});

describe('whatever waits and runs', () => {
  const lane = fc.record({
    slots: fc.integer({ min: 1, max: 64 }),
    slotCells: fc.integer({ min: 1, max: 32 }).map((portions) => portions * 256),
  });
  const lanes: fc.Arbitrary<CardLane[]> = fc.oneof(
    fc.array(lane, { minLength: 1, maxLength: 3 }),
    fc.array(
      lane.map((one) => ({ ...one, sharedCells: one.slotCells * 2 })),
      { minLength: 1, maxLength: 2 },
    ),
  );
  const waiting = fc.array(
    fc.record({
      jobs: fc.integer({ min: 1, max: 5_000 }),
      cells: fc.integer({ min: 1, max: 20_000 }),
      runMs: fc.integer({ min: 1, max: 10_000_000 }),
    }),
    { maxLength: 8 },
  );
  const running = fc.array(
    fc.record({
      cells: fc.integer({ min: 1, max: 20_000 }),
      leftMs: fc.integer({ min: 0, max: 10_000_000 }),
    }),
    { maxLength: 20 },
  );
  const demands = fc
    .record({
      waiting,
      running,
      lanes: fc.option(lanes, { nil: undefined }),
      cardsAtWork: fc.nat(6),
      cardsClosed: fc.nat(3),
      runningOnClosed: fc.nat(2),
    })
    .map((demand): CardDemand => ({
      ...demand,
      cardsAtWork: Math.min(demand.cardsAtWork, demand.running.length),
    }));
  const someRules = fc.record({
    drainMs: fc.integer({ min: 1_000, max: 3_600_000 }),
    minCards: fc.nat(5),
    maxCards: fc.integer({ min: 1, max: 50 }),
  });

  it('more jobs never ask for fewer cards', () => {
    fc.assert(
      fc.property(demands, waiting, running, someRules, (demand, moreWaiting, moreRunning, some) => {
        const more = {
          ...demand,
          waiting: [...demand.waiting, ...moreWaiting],
          running: [...demand.running, ...moreRunning],
        };
        expect(cardsNeeded(more, some).cards).toBeGreaterThanOrEqual(cardsNeeded(demand, some).cards);
      }),
    );
  });

  it('a waiting job is never answered with no card, and the most is never exceeded', () => {
    fc.assert(
      fc.property(demands, someRules, (demand, some) => {
        const { cards } = cardsNeeded(demand, some);
        expect(Number.isInteger(cards)).toBe(true);
        expect(cards).toBeLessThanOrEqual(some.maxCards);
        expect(cards).toBeGreaterThanOrEqual(Math.min(some.minCards, some.maxCards));
        if (demand.waiting.length > 0) expect(cards).toBeGreaterThanOrEqual(1);
        if (demand.running.length > 0)
          expect(cards).toBeGreaterThanOrEqual(Math.min(some.maxCards, demand.cardsAtWork));
      }),
    );
  });

  it('a longer time to drain never asks for more, and no answer is beyond what could be used', () => {
    fc.assert(
      fc.property(demands, someRules, (demand, some) => {
        const now = cardsNeeded(demand, some);
        expect(cardsNeeded(demand, { ...some, drainMs: some.drainMs * 2 }).cards).toBeLessThanOrEqual(
          now.cards,
        );
        if (now.binds === 'drain' || now.binds === 'together')
          expect(now.cards - demand.cardsClosed).toBeLessThanOrEqual(Math.max(1, Math.ceil(now.toHoldAll)));
      }),
    );
  });
});
