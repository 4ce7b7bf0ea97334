import type { SimCard } from './sim-card';
import { sampledTokens, type SimJob, type Trace } from './sim-job';
import type { SimSession } from './sim-session';

export interface Sample {
  readonly atMs: number;
  readonly waiting: number;
  /** Live cells by card. */
  readonly cells: readonly number[];
}

/** Shares of all tokens between which a run is steady: the pools have filled, and jobs are left to fill them with. */
const STEADY = [0.2, 0.8] as const;
const SAMPLED_CARDS = 4;
const MOST_SAMPLES = 800;

/** What happened, for the figures. */
export class Recorder {
  samples: Sample[] = [];
  readonly waitsMs: number[] = [];
  /** From arrival to end. */
  readonly turnaroundsMs: number[] = [];
  readonly overflows = new Map<string, number>();
  /** Jobs in the order in which they were placed: whether the peak stayed within what was promised. */
  readonly kept: { readonly index: number; readonly isKept: boolean }[] = [];
  readonly cellMsByTenant = new Map<string, number>();
  readonly startedAtMs = new Map<string, number>();
  readonly reasons = new Map<string, number>();
  /** As it was when the first tenant had nothing left to start: until then all contended. */
  contended: Map<string, number> | undefined;
  private readonly unstarted = new Map<string, number>();
  parked = 0;
  /** Into another pool of their card instead. */
  moved = 0;
  evicted = 0;
  done = 0;
  tokens = 0;
  endedAtMs = 0;
  stuck = 0;
  /** At the moment when nothing waited any more; at the end, if nothing ever waited. */
  full:
    | {
        atMs: number;
        tokens: number;
        cellMs: number;
        sessionMs: number;
        heldMs: number;
        cellMsByTenant: Map<string, number>;
      }
    | undefined;
  /** When the steady part began and ended. */
  private readonly steadyMs: number[] = [];
  private readonly totalTokens: number;
  private hasWaited = false;
  private everyMs = 100;
  private nextSampleMs = 0;
  private readonly predicted = new Map<string, number>();

  constructor(
    trace: Trace,
    private readonly cards: readonly SimCard[],
  ) {
    this.totalTokens = trace.jobs.reduce((sum, job) => sum + sampledTokens(job.course()), 0);
    for (const { tenant } of trace.jobs) this.unstarted.set(tenant, (this.unstarted.get(tenant) ?? 0) + 1);
  }

  get steadyTokensPerSecond(): number {
    const [beginMs = 0, endMs = this.endedAtMs] = this.steadyMs;
    return (1000 * (STEADY[1] - STEADY[0]) * this.totalTokens) / (endMs - beginMs);
  }

  sampled(tokens: number): void {
    this.tokens += tokens;
  }

  held(tenant: string, cellMs: number): void {
    this.cellMsByTenant.set(tenant, (this.cellMsByTenant.get(tenant) ?? 0) + cellMs);
  }

  started(job: SimJob, atMs: number, predictedPeakCells: number): void {
    this.waitsMs.push(atMs - job.createdAtMs);
    const left = (this.unstarted.get(job.tenant) ?? 1) - 1;
    this.unstarted.set(job.tenant, left);
    if (left === 0) this.contended ??= new Map(this.cellMsByTenant);
    this.predicted.set(job.jobId, predictedPeakCells);
    this.startedAtMs.set(job.jobId, atMs);
  }

  completed(job: SimJob, session: SimSession, atMs: number): void {
    this.done += 1;
    this.endedAtMs = Math.max(this.endedAtMs, atMs);
    this.turnaroundsMs.push(atMs - job.createdAtMs);
    const predicted = this.predicted.get(job.jobId) ?? Number.POSITIVE_INFINITY;
    this.predicted.delete(job.jobId);
    this.kept.push({ index: Number(job.jobId), isKept: session.standing.peakCells <= predicted });
  }

  overflowed(job: SimJob, how: 'parked' | 'evicted'): void {
    this[how] += 1;
    this.overflows.set(job.jobId, (this.overflows.get(job.jobId) ?? 0) + 1);
  }

  look(atMs: number, waiting: number): void {
    for (const share of STEADY.slice(this.steadyMs.length))
      if (this.tokens >= share * this.totalTokens) this.steadyMs.push(atMs);
    // What is placed the moment it arrives has not waited.
    this.hasWaited ||= waiting > 0 && atMs > 0;
    if (waiting === 0 && this.hasWaited && !this.full)
      this.full = { atMs, ...this.sums(), cellMsByTenant: new Map(this.cellMsByTenant) };
    if (atMs < this.nextSampleMs) return;
    this.nextSampleMs = atMs + this.everyMs;
    this.samples.push({
      atMs,
      waiting,
      cells: this.cards.slice(0, SAMPLED_CARDS).map((card) => card.liveCells),
    });
    if (this.samples.length < MOST_SAMPLES) return;
    this.samples = this.samples.filter((_, at) => at % 2 === 0);
    this.everyMs *= 2;
  }

  finish(atMs: number, stuck: number): void {
    this.full ??= { atMs, ...this.sums(), cellMsByTenant: this.cellMsByTenant };
    this.stuck = stuck;
  }

  private sums() {
    const sum = (of: (card: SimCard) => number) => this.cards.reduce((total, card) => total + of(card), 0);
    return {
      tokens: this.tokens,
      cellMs: sum((card) => card.cellMs),
      sessionMs: sum((card) => card.sessionMs),
      heldMs: sum((card) => card.heldMs),
    };
  }
}
