import type { TracePool } from '@gistpool/contracts';
import type { LedgerCard, LedgerLane, PoolShape } from '@gistpool/core';
import type { CardPlan } from '../rules';
import type { SimCard } from '../sim-card';
import type { SimPool } from '../sim-pool';

type RecordedCard = TracePool['cards'][number];

/** A card's lanes as the scheduler sees them, numbered from 0. */
export function lanesOf({ lanes }: RecordedCard): LedgerLane[] {
  return lanes
    .flatMap(({ lanes: count, ...lane }) => Array.from({ length: count }, () => lane))
    .map(({ slots, cells, shared }, lane) => ({
      lane,
      slots,
      slotCells: cells,
      ...(shared && { sharedCells: cells }),
    }));
}

export const ledgerCardOf = (model: string, recorded: RecordedCard, name: string): LedgerCard => ({
  card: name,
  incarnation: '',
  model,
  isDraining: false,
  lanes: lanesOf(recorded),
});

/** Each slot with cells of its own is a pool of one. What sharing costs is in the recorded step time. */
export function planOf(card: RecordedCard): CardPlan {
  const shapes = lanesOf(card).flatMap((lane) => shapesOf(lane));
  const sum = (of: (shape: PoolShape) => number) => shapes.reduce((total, shape) => total + of(shape), 0);
  return {
    pools: shapes.length,
    cells: sum(({ cells }) => cells) / shapes.length,
    sessions: sum(({ sessions }) => sessions) / shapes.length,
    sharing: 1,
    shapes,
  };
}

/** The pools of a card, by lane. */
export function poolsByLane(card: SimCard, recorded: RecordedCard): SimPool[][] {
  let first = 0;
  return lanesOf(recorded).map((lane) => {
    const pools = card.pools.slice(first, first + shapesOf(lane).length);
    first += pools.length;
    return pools;
  });
}

const shapesOf = ({ slots, slotCells, sharedCells }: LedgerLane): PoolShape[] =>
  sharedCells === undefined
    ? Array.from({ length: slots }, () => ({ cells: slotCells, sessions: 1 }))
    : [{ cells: sharedCells, sessions: slots }];
