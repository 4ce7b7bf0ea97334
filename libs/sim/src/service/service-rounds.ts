import {
  FairTurns,
  type AdmissionRound,
  type LaneOffer,
  type Ledger,
  type Reservation,
  type TurnsJob,
} from '@gistpool/core';
import type { SimJob } from '../sim-job';
import type { SimSession } from '../sim-session';

/** As the scheduler has them. */
const LOOKAHEAD = 64;
const FETCH_AT_ONCE = 256;

/** A job that waits, new or come back. */
export interface Queued {
  readonly job: SimJob;
  readonly session?: SimSession;
}

/** Fetched, and asks for a place. */
export interface Held extends TurnsJob {
  cells: number;
  readonly queued: Queued;
}

export interface RoundsOptions {
  readonly model: string;
  readonly ledger: Ledger;
  readonly ageingMs: number;
  /** What a place must set aside for it. */
  readonly cellsFor: (queued: Queued) => number;
  /** What is given away in this round; `waiting`: who was asked before. */
  readonly round: (
    offers: readonly LaneOffer[],
    waiting: readonly Held[],
    nowMs: number,
  ) => AdmissionRound<Held>;
  readonly place: (queued: Queued, where: Reservation) => void;
}

/** The scheduler's rounds, with core's own parts: fetch by fair turns, ask the free lanes, place. */
export class ServiceRounds {
  private readonly turns: FairTurns;
  /** By tenant; within it by priority, then as they came. */
  private readonly queues = new Map<string, Queued[]>();
  private readonly window = new Map<string, Held>();

  constructor(private readonly options: RoundsOptions) {
    this.turns = new FairTurns(options.ageingMs);
  }

  /** Jobs that are not placed. */
  get waiting(): number {
    let waiting = this.window.size;
    for (const queue of this.queues.values()) waiting += queue.length;
    return waiting;
  }

  /** Behind its like; what comes back goes before them, as it was submitted before. */
  push(queued: Queued): void {
    const { tenant, priority, createdAtMs } = queued.job;
    const queue = this.queues.get(tenant) ?? [];
    this.queues.set(tenant, queue);
    let at = queue.length;
    const goesBefore = ({ job }: Queued) =>
      priority < job.priority || (priority === job.priority && createdAtMs < job.createdAtMs);
    for (let other = queue[at - 1]; other && goesBefore(other); other = queue[at - 1]) at -= 1;
    queue.splice(at, 0, queued);
  }

  round(running: readonly { readonly job: SimJob; readonly cells: number }[], nowMs: number): void {
    const { ledger, place } = this.options;
    const tenants = [...this.queues].filter(([, queue]) => queue.length > 0).map(([tenant]) => tenant);
    const waiting = new Set([...tenants, ...[...this.window.values()].map(({ tenant }) => tenant)]);
    const atWork = running.map(({ job, cells }) => ({ jobId: idOf(job), tenant: job.tenant, cells }));
    this.turns.look(atWork, waiting, nowMs);
    let free = ledger.offers().reduce((sum, offer) => sum + offer.freeSlots, 0);
    let candidates = [...this.window.values()];
    for (const held of candidates) held.cells = this.options.cellsFor(held.queued);
    const round = this.options.round(ledger.offers(), candidates, nowMs);
    for (;;) {
      const room = free + LOOKAHEAD - this.window.size;
      const fetched = this.fetch(Math.min(free, room, FETCH_AT_ONCE));
      for (const { job, admission } of this.turns.askAll(round, [...candidates, ...fetched], nowMs)) {
        if (!admission.ok) continue;
        this.window.delete(job.jobId);
        place(job.queued, admission.placement);
        free -= 1;
      }
      candidates = [];
      if (fetched.length === 0) return;
    }
  }

  private fetch(wanted: number): Held[] {
    if (wanted <= 0) return [];
    const sources = [...this.queues].map(([tenant, queue]) => ({
      name: tenant,
      tenant,
      waiting: queue.length,
      priority: queue[0]?.job.priority ?? 0,
    }));
    const fetched: Held[] = [];
    for (const [tenant, count] of this.turns.allot(wanted, sources, [...this.window.values()])) {
      for (const queued of this.queues.get(tenant)?.splice(0, count) ?? []) fetched.push(this.hold(queued));
    }
    return fetched;
  }

  private hold(queued: Queued): Held {
    const { job } = queued;
    const { tenant, priority, createdAtMs } = job;
    const cells = this.options.cellsFor(queued);
    const held = {
      jobId: idOf(job),
      model: this.options.model,
      tenant,
      priority,
      createdAtMs,
      cells,
      queued,
    };
    this.window.set(held.jobId, held);
    return held;
  }
}

/** Sorts as the jobs were submitted. */
export const idOf = (job: SimJob): string => job.jobId.padStart(12, '0');
