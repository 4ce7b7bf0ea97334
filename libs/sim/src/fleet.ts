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
    this.left(pool);
    this.hasRoom ||= pool.card.isOpen && pool.headroomCells >= 1;
  }

  /** Somebody has left the pool; whether there is room is seen when it has settled. */
  left(pool: SimPool): void {
    if (pool.card.isOpen) this.index.update(pool);
  }

  open(card: SimCard): void {
    card.isOpen = true;
    card.catchUp(this.nowMs);
    for (const pool of card.pools) this.changed(pool);
  }

  /** No job is placed there any more. */
  close(card: SimCard): void {
    card.isOpen = false;
    for (const pool of card.pools) this.index.remove(pool);
  }

  reschedule(card: SimCard): void {
    card.schedule();
    this.agenda.moved(card);
  }
}
