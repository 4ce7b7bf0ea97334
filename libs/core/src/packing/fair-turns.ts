import { inAdmissionOrder, type Admission, type AdmissionRound, type WaitingJob } from './admission-round';
import { Backlog, type BacklogJob } from './backlog';
import { FairShare } from './fair-share';
import { Heap } from './heap';
import { ShareMeter, type RunningJob, type ShareMeterState } from './share-meter';

export interface TurnsJob extends WaitingJob, BacklogJob {}

/** Jobs of one tenant that have not been fetched. */
export interface Source {
  readonly name: string;
  readonly tenant: string;
  readonly waiting: number;
  /** Of the job that is fetched next. */
  readonly priority: number;
}

interface Turn {
  heapIndex: number;
  readonly source: Source;
  had: number;
  given: number;
}

/** What was counted of one model's tenants; plain data. Times are the clock's, so that it makes sense elsewhere. */
export interface FairTurnsState {
  readonly used: readonly (readonly [tenant: string, cellMs: number])[];
  readonly meter: ShareMeterState;
  /** When each line of jobs was served last. */
  readonly served: readonly (readonly [line: string, atMs: number])[];
  /** Tenants that had jobs waiting: none of them is one that returns. */
  readonly waiting: readonly string[];
}

/**
 * Whose turn it is among the jobs of one model, over many rounds: its owner holds a part of what waits, and asks here whose
 * jobs to fetch next and in which order to place them. See Backlog for the order.
 */
export class FairTurns {
  private readonly share: FairShare;
  private readonly meter: ShareMeter;
  private readonly served: Map<string, number>;
  /** Who returns is seen here, not by the backlog, which holds only a part of what waits. */
  private readonly order = { of: (tenant: string) => this.share.of(tenant), returns: () => undefined };
  private waitingTenants: ReadonlySet<string>;

  /** `state`: what another scheduler has counted; it goes on from there. */
  constructor(
    private readonly ageingMs: number,
    state?: FairTurnsState,
  ) {
    this.share = new FairShare(undefined, state?.used);
    this.meter = new ShareMeter(this.share, state?.meter);
    this.served = new Map(state?.served);
    this.waitingTenants = new Set(state?.waiting);
  }

  get state(): FairTurnsState {
    return {
      used: this.share.entries,
      meter: this.meter.state,
      served: [...this.served],
      waiting: [...this.waitingTenants],
    };
  }

  /** Begins a round. `waiting`: tenants that have jobs waiting. */
  look(running: readonly RunningJob[], waiting: ReadonlySet<string>, nowMs: number): void {
    this.meter.look(running, nowMs);
    const stayed = [...waiting].filter((tenant) => this.waitingTenants.has(tenant));
    for (const tenant of waiting) if (!this.waitingTenants.has(tenant)) this.share.returns(tenant, stayed);
    this.waitingTenants = waiting;
    for (const [line, atMs] of this.served) if (nowMs - atMs > this.ageingMs) this.served.delete(line);
  }

  /** How many to fetch from each: by priority, then those who have had least first. `held` were fetched and wait still. */
  allot(wanted: number, sources: readonly Source[], held: readonly RunningJob[]): Map<string, number> {
    const ahead = new Map<string, number>();
    for (const job of held) {
      ahead.set(job.tenant, (ahead.get(job.tenant) ?? 0) + this.meter.expectedCellMs(job.tenant, job.cells));
    }
    const turns = new Heap<Turn>(
      (a, b) =>
        a.source.priority < b.source.priority ||
        (a.source.priority === b.source.priority &&
          (a.had < b.had || (a.had === b.had && a.source.name < b.source.name))),
    );
    for (const source of sources) {
      const had = this.share.of(source.tenant) + (ahead.get(source.tenant) ?? 0);
      if (source.waiting > 0) turns.push({ heapIndex: -1, source, had, given: 0 });
    }
    const counts = new Map<string, number>();
    for (let left = wanted; left > 0 && turns.first; left -= 1) {
      const turn = turns.first;
      turn.given += 1;
      counts.set(turn.source.name, turn.given);
      turn.had += this.meter.expectedOfNext(turn.source.tenant);
      if (turn.given < turn.source.waiting) turns.moved(turn);
      else turns.remove(turn);
    }
    return counts;
  }

  /** Whether its line was served nothing for so long that it goes before all others. */
  isDue(job: BacklogJob, nowMs: number): boolean {
    const backlog = new Backlog(this.order, this.ageingMs, this.served);
    backlog.push(job, nowMs);
    return backlog.isOverdue(job, nowMs);
  }

  /** Asks all of them in turn; each gets an answer. What is placed is charged at once. */
  askAll<J extends TurnsJob>(
    round: AdmissionRound<NoInfer<J>>,
    jobs: readonly J[],
    nowMs: number,
  ): { readonly job: J; readonly admission: Admission }[] {
    const backlog = new Backlog<J>(this.order, this.ageingMs, this.served);
    const answers = new Map<J, Admission>();
    for (const job of inAdmissionOrder(jobs)) {
      if (round.canEverFit(job)) backlog.push(job, nowMs);
      else answers.set(job, round.tryAdd(job));
    }
    let narrowerThan = Number.POSITIVE_INFINITY;
    for (;;) {
      const job = backlog.first(nowMs, narrowerThan);
      if (!job) break;
      const admission = round.tryAdd(job, backlog.isOverdue(job, nowMs));
      answers.set(job, admission);
      if (!admission.ok) {
        narrowerThan = job.cells;
        continue;
      }
      backlog.take(job, nowMs);
      this.meter.placed(job, nowMs);
      backlog.charged(job.tenant);
    }
    // Where a narrower job found no slot, none was free for these.
    for (const job of jobs) if (!answers.has(job)) answers.set(job, { ok: false, reason: 'no-free-slot' });
    return [...answers].map(([job, admission]) => ({ job, admission }));
  }

  notPlaced(jobId: string): void {
    this.meter.notPlaced(jobId);
  }
}
