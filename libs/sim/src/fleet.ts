import { Heap, PoolIndex, type PoolShape } from '@gistpool/core';
import { KnownPool } from './known-pool';
import type { SimPolicy } from './policy';
import type { CardPlan } from './rules';
import { SimCard } from './sim-card';
import { SimPool } from './sim-pool';
import type { StepTime } from '@gistpool/core';

/** The cards, by whose turn it is next. Owns the time. */
export class Fleet {
  readonly cards: readonly SimCard[];
  readonly index = new PoolIndex<SimPool>();
  nowMs = 0;
  /** A pool in which something ended since the last placements. */
  hasRoom = false;
  private readonly agenda = new Heap<SimCard>((a, b) => a.nextAtMs < b.nextAtMs);

  /** `plans`: of each card. */
  constructor(plans: readonly CardPlan[], policy: SimPolicy, keptCells: number, time: StepTime) {
    const { foresees } = policy;
    const poolOf = (card: SimCard, id: string, shape: PoolShape) =>
      foresees
        ? new KnownPool(card, id, shape, keptCells, foresees.smoothing)
        : new SimPool(card, id, shape, policy.margin ?? policy);
    this.cards = plans.map((plan, at) => new SimCard(`card-${at}`, plan, time, poolOf));
    for (const card of this.cards) {
      this.agenda.push(card);
      for (const pool of card.pools) this.index.update(pool);
    }
  }

  /** The card to which something happens next. */
  get next(): SimCard | undefined {
    return this.agenda.first;
  }

  changed(pool: SimPool): void {
    this.index.update(pool);
    this.hasRoom ||= pool.headroomCells >= 1;
  }

  reschedule(card: SimCard): void {
    card.schedule();
    this.agenda.moved(card);
  }
}
