import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isWorthReshaping,
  planLanes,
  rateOf,
  type CardLimits,
  type Demand,
  type LaneRate,
} from './lane-plan';
import { linearSharing } from './step-time';

const Z = 2.5;
const time = { passMs: 4, sessionMs: 0.03, cellMs: 2e-5, sharing: linearSharing(0.01), prefillMs: 0.06 };

const cards = fc.record({
  cells: fc.integer({ min: 2048, max: 500_000 }),
  mostSessions: fc.integer({ min: 64, max: 256 }),
  mostSharing: fc.constantFrom(1, 4, 32, 64),
});
/** Kinds of jobs: how many of each, what they hold, what a place sets aside for them. */
const demands = fc
  .record({
    widestCells: fc.integer({ min: 300, max: 2048 }),
    fill: fc.double({ min: 0.05, max: 1, noNaN: true }),
    spread: fc.double({ min: 0, max: 0.6, noNaN: true }),
    kinds: fc.array(
      fc.tuple(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0.05, max: 1, noNaN: true })),
      {
        maxLength: 6,
      },
    ),
  })
  .map(({ widestCells, fill, spread, kinds }): Demand => {
    const total = kinds.reduce((sum, [count]) => sum + count, 0);
    let sum = 0;
    return {
      widestCells,
      meanCells: fill * widestCells,
      deviationCells: spread * fill * widestCells,
      peaks: [...kinds]
        .sort(([, a], [, b]) => a - b)
        .map(([count, part]) => ({ cells: part * widestCells, share: (sum += count) / total })),
    };
  });

describe('the plan of lanes', () => {
  const plan = (demand: Demand, card: CardLimits) => planLanes(demand, card, time, Z);

  it('stays within the budget, and shares no pool by more than may share one', () => {
    fc.assert(
      fc.property(demands, cards, (demand, card) => {
        const { lanes } = plan(demand, card);
        expect(lanes.length).toBeGreaterThan(0);
        expect(lanes.reduce((sum, lane) => sum + lane.pools * lane.cells, 0)).toBeLessThanOrEqual(card.cells);
        expect(lanes.reduce((sum, lane) => sum + lane.pools * lane.sessions, 0)).toBeLessThanOrEqual(
          card.mostSessions,
        );
        for (const { cells, sessions } of lanes) {
          expect(cells % 256).toBe(0);
          expect(sessions).toBeLessThanOrEqual(card.mostSharing);
        }
      }),
    );
  });

  it('for sessions holds at least as many at once as the one for speed, and decodes at most as fast', () => {
    fc.assert(
      fc.property(demands, cards, (demand, card) => {
        const forSpeed = plan(demand, card);
        const forSessions = planLanes(demand, card, time, Z, 'sessions');
        expect(forSessions.sessions).toBeGreaterThanOrEqual(forSpeed.sessions);
        expect(forSessions.tokensPerSecond).toBeLessThanOrEqual(forSpeed.tokensPerSecond + 1e-9);
      }),
    );
  });

  it('has a place for the widest job, in a pool beside the fillers', () => {
    fc.assert(
      fc.property(demands, cards, (demand, card) => {
        const widths = plan(demand, card).lanes.map(({ cells, sessions }) => cells - (sessions - 1));
        expect(Math.max(...widths)).toBeGreaterThanOrEqual(demand.widestCells);
      }),
    );
  });

  it('promises what its lanes are judged to bring, and no session more than its slots or its cells hold', () => {
    fc.assert(
      fc.property(demands, cards, (demand, card) => {
        const { lanes, sessions, tokensPerSecond } = plan(demand, card);
        expect(rateOf(lanes, demand, time, Z)).toEqual({ sessions, tokensPerSecond });
        expect(sessions).toBeLessThanOrEqual(
          lanes.reduce((sum, lane) => sum + lane.pools * lane.sessions, 0),
        );
        for (const lane of lanes)
          if (lane.sessions > 1) expect(sessions * demand.meanCells).toBeLessThanOrEqual(card.cells);
      }),
    );
  });

  it('of two widths lets no kind of job wait for slots that the other has to spare', () => {
    const card = { cells: 16_384, mostSessions: 256, mostSharing: 1 };
    fc.assert(
      fc.property(fc.double({ min: 0.02, max: 0.98, noNaN: true }), (share) => {
        const demand: Demand = {
          meanCells: 150,
          deviationCells: 60,
          widestCells: 1024,
          peaks: [
            { share, cells: 250 },
            { share: 1, cells: 1000 },
          ],
        };
        const { lanes } = plan(demand, card);
        if (lanes.length === 1) return;
        const [narrow = 0, wide = 0] = lanes.map(({ pools }) => pools);
        const sessions = Math.min(narrow + wide, wide / (1 - share));
        for (const change of [-1, 1]) {
          const wides = wide + change;
          const narrows = Math.floor((card.cells - 1024 * wides) / 256);
          if (wides < 1 || narrows < 1) continue;
          expect(Math.min(narrows + wides, wides / (1 - share))).toBeLessThanOrEqual(sessions + 1e-9);
        }
      }),
    );
  });

  it('takes narrow slots for those alone that are foreseen to fit, and none where nobody is', () => {
    const card = { cells: 8192, mostSessions: 256, mostSharing: 1 };
    const demand: Demand = { meanCells: 130, deviationCells: 60, widestCells: 768, peaks: [] };
    expect(plan(demand, card).lanes).toEqual([{ pools: 10, cells: 768, sessions: 1 }]);
    const foreseen = plan({ ...demand, peaks: [{ share: 1, cells: 250 }] }, card);
    expect(foreseen.lanes).toEqual([
      { pools: 29, cells: 256, sessions: 1 },
      { pools: 1, cells: 768, sessions: 1 },
    ]);
    expect(foreseen.sessions).toBe(30);
    expect(foreseen.why).toMatch(/^29 slots of 256 cells and 1 slot of 768 cells: about 30 sessions at once/);
  });

  it('shares what sessions leave free: more of them at once than in slots, as their mean and spread allow', () => {
    const card = { cells: 8192, mostSessions: 256, mostSharing: 32 };
    const demand: Demand = {
      meanCells: 130,
      deviationCells: 60,
      widestCells: 768,
      peaks: [{ share: 1, cells: 250 }],
    };
    const { lanes, sessions, why } = plan(demand, card);
    expect(lanes).toEqual([{ pools: 2, cells: 4096, sessions: 32 }]);
    expect(25 * 130 + Z * 5 * 60).toBeLessThanOrEqual(4096 - 31);
    expect(26 * 130 + Z * Math.sqrt(26) * 60).toBeGreaterThan(4096 - 31);
    expect(sessions).toBe(50);
    expect(why).toMatch(/^2 pools of 4096 cells for up to 32 sessions each: about 50 sessions at once/);
  });

  it('says what no card can hold', () => {
    const demand: Demand = { meanCells: 400, deviationCells: 200, widestCells: 2000, peaks: [] };
    const none = plan(demand, { cells: 1024, mostSessions: 256, mostSharing: 64 });
    expect(none).toMatchObject({ lanes: [], sessions: 0, why: '1024 cells hold no session of 2000 cells' });
  });
});

describe('re-shaping', () => {
  it('is followed only when it pays for its cost', () => {
    const rates = [
      { sessions: 1, tokensPerSecond: 1000 },
      { sessions: 1, tokensPerSecond: 1050 },
      { sessions: 1, tokensPerSecond: 1500 },
    ] as const;
    expect(isWorthReshaping(rates[0], rates[1], 100, 1e9)).toBe(false);
    expect(isWorthReshaping(rates[0], rates[2], 1000, 2000)).toBe(false);
    expect(isWorthReshaping(rates[0], rates[2], 1000, 60_000)).toBe(true);
  });

  it('for more sessions is followed although nothing gets faster', () => {
    const [few, many] = [10, 30].map((sessions) => ({ sessions, tokensPerSecond: 1000 })) as [
      LaneRate,
      LaneRate,
    ];
    expect(isWorthReshaping(few, many, 1000, 60_000)).toBe(false);
    expect(isWorthReshaping(few, many, 1000, 60_000, 'sessions')).toBe(true);
  });

  /** One look after the other: the lanes follow the plan where that is worth it. Returns how often they did. */
  function follow(card: CardLimits, first: Demand, looks: readonly Demand[]): number {
    let { lanes } = planLanes(first, card, time, Z);
    let changes = 0;
    for (const demand of looks) {
      const planned = planLanes(demand, card, time, Z);
      if (!isWorthReshaping(rateOf(lanes, demand, time, Z), planned, 0, 300_000)) continue;
      lanes = planned.lanes;
      changes += 1;
    }
    return changes;
  }

  it('happens once at most under a demand that stays, even where it costs nothing', () => {
    fc.assert(
      fc.property(demands, demands, cards, (first, then, card) => {
        const widestCells = Math.max(first.widestCells, then.widestCells);
        const constant = new Array<Demand>(10).fill({ ...then, widestCells });
        expect(follow(card, { ...first, widestCells }, constant)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('does not flap between two plans while what is foreseen trembles by some per cent', () => {
    const noise = fc.double({ min: 0.98, max: 1.02, noNaN: true });
    fc.assert(
      fc.property(demands, cards, fc.array(noise, { minLength: 20, maxLength: 20 }), (demand, card, all) => {
        const looks = all.map((factor) => ({
          ...demand,
          meanCells: Math.min(demand.widestCells, factor * demand.meanCells),
          deviationCells: factor * demand.deviationCells,
        }));
        expect(follow(card, demand, looks)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('never happens for lanes that are the same', () => {
    fc.assert(
      fc.property(demands, cards, (demand, card) => {
        expect(follow(card, demand, [demand])).toBe(0);
      }),
    );
  });
});
