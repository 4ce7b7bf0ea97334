import { Pool, ThoughtsInProgress, type Gate, type PoolShape } from '@gistpool/core';
import type { SimCard } from './sim-card';
import type { SimSession } from './sim-session';

/** Steps after which all sessions of a pool are foreseen anew; between, those whose thoughts end. */
const STALE_STEPS = 32;

/** A pool with what is in it right now, to the cell. */
export class SimPool extends Pool<SimSession> {
  readonly running: SimSession[] = [];
  /** At the card's step. */
  liveCells = 0;
  /** When something ends, or room runs out. */
  nextStep = Number.POSITIVE_INFINITY;
  private thoughts: ThoughtsInProgress<SimSession> | undefined;
  private thoughtsAtStep = 0;
  private foreseenAtStep = 0;

  constructor(
    readonly card: SimCard,
    id: string,
    shape: PoolShape,
    /** May change as jobs end; counts from the pool's next look on. */
    private readonly margin: { readonly z: number },
  ) {
    super(id, shape, margin.z);
  }

  protected override get z(): number {
    return this.margin.z;
  }

  /** A look may be some steps old, in which all that run have grown. */
  protected override get heldCells(): number {
    return this.liveCells;
  }

  get freeCells(): number {
    return this.shape.cells - this.liveCells;
  }

  start(session: SimSession): void {
    session.run(this.card.step);
    this.running.push(session);
    this.card.running += 1;
    this.thoughts?.add(session);
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
    this.thoughts = undefined;
  }

  /** Of those that run. */
  thoughtsInProgress(keptCells: number, gate: Gate): ThoughtsInProgress<SimSession> {
    if (this.thoughts && this.thoughtsAtStep === this.card.step) return this.thoughts;
    this.thoughtsAtStep = this.card.step;
    this.thoughts = new ThoughtsInProgress(this.running, keptCells, gate);
    return this.thoughts;
  }

  /** By the thoughts that have just ended; every now and then by all. */
  foreseeAnew(changed: readonly SimSession[]): void {
    const { step } = this.card;
    if (step - this.foreseenAtStep < STALE_STEPS) return this.refreshOnly(changed);
    this.foreseenAtStep = step;
    this.refresh();
  }

  sync(): void {
    for (const session of this.running) session.sync(this.card.step);
  }
}
