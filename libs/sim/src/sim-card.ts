import { stepMs, type PoolShape, type StepTime } from '@gistpool/core';
import type { CardPlan } from './rules';
import type { SimPool } from './sim-pool';

/**
 * One card: all running sessions take a step together. Between two events (a thought's end, a pool that gets tight) cells
 * grow evenly, so the card goes from event to event.
 */
export class SimCard {
  heapIndex = -1;
  step = 0;
  timeMs = 0;
  running = 0;
  liveCells = 0;
  /** When the next event is due; infinite for an idle card. */
  nextAtMs = Number.POSITIVE_INFINITY;
  readonly pools: SimPool[];
  /** Integrals over time. */
  cellMs = 0;
  sessionMs = 0;
  heldMs = 0;
  sessions = 0;
  /** Jobs are placed on it. */
  isOpen = true;

  constructor(
    readonly name: string,
    readonly plan: CardPlan,
    private readonly time: StepTime,
    poolOf: (card: SimCard, id: string, shape: PoolShape) => SimPool,
  ) {
    const shapes = plan.shapes ?? Array.from({ length: plan.pools }, () => plan);
    this.pools = shapes.map((shape, at) => poolOf(this, `${name}/${at}`, shape));
  }

  /** Work of another kind, between two steps: prefill, replay, saving and loading. */
  pause(ms: number): void {
    this.pass(ms);
  }

  /** Goes as many whole steps as fit until then. */
  catchUp(toMs: number): void {
    if (this.running === 0) {
      this.pass(Math.max(0, toMs - this.timeMs));
      return;
    }
    const ms = stepMs(this.time, this.running, this.liveCells, this.plan.sharing);
    const steps = Math.floor((toMs - this.timeMs) / ms);
    const due = this.nextStep() - this.step;
    if (steps > 0 && due > 0) this.advance(Math.min(steps, due - 1));
  }

  nextStep(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const pool of this.pools) if (pool.nextStep < next) next = pool.nextStep;
    return next;
  }

  schedule(): void {
    const steps = this.nextStep() - this.step;
    this.nextAtMs = Number.isFinite(steps) ? this.timeMs + this.msOf(steps) : Number.POSITIVE_INFINITY;
  }

  advance(steps: number): void {
    if (steps <= 0) return;
    const ms = this.msOf(steps);
    const grown = this.running * steps;
    this.cellMs += ms * (this.liveCells + grown / 2);
    this.sessionMs += ms * this.running;
    this.heldMs += ms * (this.sessions - this.running);
    this.timeMs += ms;
    this.step += steps;
    this.liveCells += grown;
    for (const pool of this.pools) pool.liveCells += pool.running.length * steps;
  }

  private pass(ms: number): void {
    this.cellMs += ms * this.liveCells;
    this.sessionMs += ms * this.running;
    this.heldMs += ms * (this.sessions - this.running);
    this.timeMs += ms;
  }

  private msOf(steps: number): number {
    const cells = this.liveCells + (this.running * steps) / 2;
    return steps * stepMs(this.time, this.running, cells, this.plan.sharing);
  }
}
