import { describe, expect, it } from 'vitest';
import { fresh, HORIZONS, newcomer, Outlook, Pool, type Forecast } from '@gistpool/core';
import { fleetLedger, type Placement } from '@gistpool/queue';
import { aCard } from '@gistpool/queue/testing';
import { explainWait, type Wait } from './wait';

type Lanes = Parameters<typeof aCard>[2];

/** One job waits for a card whose `taken` slots, by lane, hold jobs of 100 cells. */
function wait(lanes: Lanes, taken: readonly number[], change: Partial<Wait> = {}): Wait {
  const cards = change.cards ?? [aCard('card-0', 'one', lanes)];
  const placements = taken.map((lane, at): Placement => ({
    jobId: `job-${at}`,
    queue: 'q',
    token: 't',
    lane,
    reservedCells: 100,
    placedAtMs: 0,
  }));
  const { ledger, closed } = fleetLedger(cards, new Map([['card-0', placements]]));
  return {
    model: 'tiny',
    cells: 300,
    leader: 'one',
    cards,
    offers: ledger.offers(),
    closed,
    standing: { position: 1, waiting: [{ tenant: 'own', jobs: 1 }] },
    recentRunsMs: [],
    ...change,
  };
}

const pooled = () => {
  const card = aCard('card-0', 'one', [[4, 1024]]);
  return [{ ...card, lanes: card.lanes.map((lane) => ({ ...lane, shared_cells: 1_024 })) }];
};

/** Holds so many cells for ever. */
const constant = (cells: number): Forecast => ({
  addTo: (outlook) => {
    for (let at = 0; at < HORIZONS; at += 1) outlook.put(at, cells, 0);
  },
  stillThinking: () => 0,
  thoughtQuantile: () => 0,
});

/** A pool of 1,024 cells that goes by what is foreseen: 700 of them are held. The job asks for so many. */
function foreseen(cells: number): Wait {
  const pool = new Pool('card-0/0', { cells: 1_024, sessions: 4 }, 1.5);
  pool.add({ standing: fresh(700), forecast: constant(700) });
  const outlook = new Outlook();
  constant(cells).addTo(outlook, fresh(0));
  const offers = [{ card: 'card-0', lane: 0, model: 'tiny', slotCells: 1_024, freeSlots: 3, pool }];
  // At its peak it holds more than it does most of the time.
  const asked = newcomer(cells + 50, outlook, 1.5);
  return wait([], [], { cards: pooled(), offers, newcomer: asked, cells: asked.predictedPeakCells });
}

describe('why a job waits', () => {
  it.each<[string, Wait, string]>([
    ['taken slots', wait([[2, 512]], [0, 0]), 'needs 300 cells; all 2 slots that hold them are taken'],
    ['one slot', wait([[1, 512]], [0]), 'needs 300 cells; the only slot that holds them is taken'],
    [
      'narrow free slots',
      wait(
        [
          [1, 512],
          [3, 256],
        ],
        [0],
      ),
      'needs 300 cells; the widest free slot of any card has 256',
    ],
    [
      'a pool without so many cells left',
      wait([], [0, 0], { cards: pooled(), cells: 900 }),
      'needs 900 cells; the widest free slot of any card has 824',
    ],
    [
      'a pool that it fits into for all that is foreseen',
      foreseen(300),
      'a slot is free; the next round places it',
    ],
    [
      'a pool that will be too full',
      foreseen(350),
      'needs 400 cells at its peak; by what is foreseen the roomiest pool has 324 free at its fullest',
    ],
    ['its turn', wait([[2, 512]], [0]), 'a slot is free; the next round places it'],
    [
      'others',
      wait([[2, 512]], [0], {
        standing: {
          position: 3,
          waiting: [
            { tenant: 'own', jobs: 9 },
            { tenant: 'greedy', jobs: 900 },
            { tenant: 'modest', jobs: 1 },
          ],
        },
      }),
      'a slot is free; 6 jobs may come before it',
    ],
    [
      'a cordoned card that alone is so wide',
      wait([], [], {
        cards: [
          aCard('card-0', 'one', [[2, 512]], { cordon: 'cordoned' }),
          aCard('card-1', 'one', [[2, 256]]),
        ],
      }),
      'needs 300 cells; the cards that have slots so wide take no new jobs',
    ],
    [
      'draining cards',
      wait([[2, 512]], [], { cards: [aCard('card-0', 'one', [[2, 512]], { state: 'draining' })] }),
      'of 1 card of tiny none takes new jobs',
    ],
  ])('is told of %s', (_, asked, text) => {
    expect(explainWait(asked).text).toBe(text);
  });
});

describe('when a job may be placed', () => {
  const runs = [1_000, 2_000, 3_000];
  const standing = { position: 4, waiting: [{ tenant: 'own', jobs: 9 }] };

  it('is at once where a slot is free and nobody is before it', () => {
    expect(explainWait(wait([[2, 512]], [0])).eta_ms).toBe(0);
  });

  it('follows from the jobs before it, how long jobs took, and the slots that would hold it', () => {
    const lanes: Lanes = [
      [2, 512],
      [8, 256],
    ];
    expect(explainWait(wait(lanes, [0, 0], { standing, recentRunsMs: runs })).eta_ms).toBe((4 * 2_000) / 2);
    const tight = wait([], [0, 0, 0], { cards: pooled(), standing, recentRunsMs: runs, cells: 900 });
    expect(explainWait(tight).eta_ms).toBe(4 * 2_000);
  });

  it('is not told where too little is known', () => {
    expect(explainWait(wait([[1, 512]], [0], { recentRunsMs: [1, 2] })).eta_ms).toBeNull();
    expect(explainWait(wait([[1, 512]], [0], { recentRunsMs: runs, leader: null })).eta_ms).toBeNull();
    expect(explainWait(wait([[1, 256]], [0], { recentRunsMs: runs })).eta_ms).toBeNull();
  });
});
