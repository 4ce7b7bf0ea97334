import type { FairShare } from './fair-share';

/** A job at work, and the cells that are set aside for it. */
export interface RunningJob {
  readonly jobId: string;
  readonly tenant: string;
  readonly cells: number;
}

/** Means as they are stored. */
interface MeansState {
  readonly means: readonly (readonly [tenant: string, mean: number])[];
  readonly all?: number;
}

/** A meter as it is stored, beside the shares that it charges: another scheduler goes on with it. */
export interface ShareMeterState {
  readonly running: readonly (RunningJob & { readonly sinceMs: number; readonly chargedCellMs: number })[];
  readonly runMs: MeansState;
  readonly cells: MeansState;
}

interface Charge {
  readonly tenant: string;
  readonly cells: number;
  readonly sinceMs: number;
  chargedCellMs: number;
}

/** Of a tenant of which no job has ended yet. */
const FIRST_RUN_MS = 60_000;
/** Weight of the last value in a mean. */
const NEWEST = 0.2;

/**
 * Charges tenants for cells x time of their jobs, within one model, where every cell has as many bytes. At its placement a
 * job is charged what it is expected to take, so that the next one in the same round is chosen with that in mind; when it
 * ends, what it really took, and while it runs longer than expected, all along.
 */
export class ShareMeter {
  private readonly running: Map<string, Charge>;
  private readonly runMs: Means;
  private readonly cells: Means;

  constructor(
    private readonly share: FairShare,
    state?: ShareMeterState,
  ) {
    this.running = new Map(state?.running.map(({ jobId, ...charge }) => [jobId, { ...charge }]));
    this.runMs = new Means(FIRST_RUN_MS, state?.runMs);
    this.cells = new Means(1, state?.cells);
  }

  get state(): ShareMeterState {
    return {
      running: [...this.running].map(([jobId, charge]) => ({ jobId, ...charge })),
      runMs: this.runMs.state,
      cells: this.cells.state,
    };
  }

  expectedCellMs(tenant: string, cells: number): number {
    return cells * this.runMs.of(tenant);
  }

  /** Of a job that is not known yet. */
  expectedOfNext(tenant: string): number {
    return this.expectedCellMs(tenant, this.cells.of(tenant));
  }

  placed({ jobId, tenant, cells }: RunningJob, nowMs: number): void {
    this.settle(jobId, nowMs);
    const chargedCellMs = this.expectedCellMs(tenant, cells);
    this.share.charge(tenant, chargedCellMs);
    this.cells.add(tenant, cells);
    this.running.set(jobId, { tenant, cells, sinceMs: nowMs, chargedCellMs });
  }

  /** It did not come to its card after all. */
  notPlaced(jobId: string): void {
    const charge = this.running.get(jobId);
    if (!charge) return;
    this.share.charge(charge.tenant, -charge.chargedCellMs);
    this.running.delete(jobId);
  }

  /** `all` that is at work now: what is not among it has ended; what is new was placed by a leader before. */
  look(all: readonly RunningJob[], nowMs: number): void {
    const seen = new Set<string>();
    for (const job of all) {
      seen.add(job.jobId);
      if (!this.running.has(job.jobId)) this.placed(job, nowMs);
    }
    for (const [jobId, charge] of this.running) {
      if (!seen.has(jobId)) this.settle(jobId, nowMs);
      else this.recharge(charge, Math.max(charge.chargedCellMs, charge.cells * (nowMs - charge.sinceMs)));
    }
  }

  private settle(jobId: string, nowMs: number): void {
    const charge = this.running.get(jobId);
    if (!charge) return;
    this.running.delete(jobId);
    const ranMs = nowMs - charge.sinceMs;
    this.recharge(charge, charge.cells * ranMs);
    this.runMs.add(charge.tenant, ranMs);
  }

  private recharge(charge: Charge, cellMs: number): void {
    this.share.charge(charge.tenant, cellMs - charge.chargedCellMs);
    charge.chargedCellMs = cellMs;
  }
}

/** A mean for each tenant, in which the newest counts most; of a tenant without one, that of all. */
class Means {
  private readonly means: Map<string, number>;
  private all: number | undefined;

  constructor(
    private readonly first: number,
    state?: MeansState,
  ) {
    this.means = new Map(state?.means);
    this.all = state?.all;
  }

  get state(): MeansState {
    return { means: [...this.means], ...(this.all !== undefined && { all: this.all }) };
  }

  of(tenant: string): number {
    return this.means.get(tenant) ?? this.all ?? this.first;
  }

  add(tenant: string, value: number): void {
    const mean = this.means.get(tenant) ?? value;
    this.means.set(tenant, mean + NEWEST * (value - mean));
    this.all = (this.all ?? value) + NEWEST * (value - (this.all ?? value));
  }
}
