import { Pool, type PoolShape } from '@gistpool/core';
import type { SimCard } from './sim-card';
import type { SimSession } from './sim-session';

/** A pool with what is in it right now, to the cell. */
export class SimPool extends Pool<SimSession> {
  readonly running: SimSession[] = [];
  /** At the card's step. */
  liveCells = 0;
  /** When something ends, or room runs out. */
  nextStep = Number.POSITIVE_INFINITY;

  constructor(
    readonly card: SimCard,
    id: string,
    shape: PoolShape,
    z: number,
  ) {
    super(id, shape, z);
  }

  get freeCells(): number {
    return this.shape.cells - this.liveCells;
  }

  start(session: SimSession): void {
    session.run(this.card.step);
    this.running.push(session);
    this.card.running += 1;
  }

  hold(session: SimSession): void {
    session.hold(this.card.step);
    this.unlist(session);
  }

  /** It has ended a thought and decodes no more for now. */
  unlist(session: SimSession): void {
    const place = this.running.indexOf(session);
    if (place < 0) return;
    const last = this.running.pop();
    if (last && last !== session) this.running[place] = last;
    this.card.running -= 1;
  }

  sync(): void {
    for (const session of this.running) session.sync(this.card.step);
  }
}
