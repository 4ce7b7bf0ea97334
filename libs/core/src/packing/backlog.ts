import type { FairShare } from './fair-share';
import { Heap } from './heap';

export interface BacklogJob {
  readonly jobId: string;
  readonly tenant: string;
  /** Smaller is sooner. */
  readonly priority: number;
  readonly createdAtMs: number;
  /** Predicted peak. */
  readonly cells: number;
}

/** A job and its number in order of coming, by which those of the same millisecond are told apart. */
interface Place<J> {
  readonly job: J;
  readonly order: number;
}

/** Jobs of one tenant and priority and of about the same width, oldest first. */
interface Line<J> {
  heapIndex: number;
  readonly tenant: string;
  readonly priority: number;
  readonly band: number;
  readonly places: Place<J>[];
  head: number;
  /** When its first job must have been started, or tried before all others. */
  dueAtMs: number;
}

interface TenantTurn<J> {
  heapIndex: number;
  readonly tenant: string;
  readonly lines: Map<number, Line<J>>;
}

/** Of the ageing time; the rest is for making room. */
const ASKED_FIRST_AFTER = 0.5;

/** Four bands per doubling. */
const bandOf = (cells: number): number => Math.ceil(4 * Math.log2(Math.max(1, cells)));

/**
 * Everything that waits for one model, in the order in which it is asked: a line that was served nothing for half of the
 * ageing time; then by priority; of equal priority the tenant that has had the least KV byte-seconds; of that tenant the oldest.
 * Each step takes at most logarithmic time in the number of jobs.
 */
export class Backlog<J extends BacklogJob> {
  private readonly levels = new Map<number, Heap<TenantTurn<J>>>();
  private priorities: number[] = [];
  private readonly turns = new Map<string, TenantTurn<J>>();
  private readonly due: Heap<Line<J>>;
  private readonly bands = new Map<number, number>();
  private readonly tenants = new Map<string, number>();
  private count = 0;
  private pushed = 0;
  private readonly patienceMs: number;

  constructor(
    private readonly share: Pick<FairShare, 'of' | 'returns'>,
    ageingMs: number,
    /** When each line was served last. Kept by who makes a backlog anew each round. */
    private readonly served = new Map<string, number>(),
  ) {
    this.patienceMs = ageingMs * ASKED_FIRST_AFTER;
    this.due = new Heap((a, b) => a.dueAtMs < b.dueAtMs || (a.dueAtMs === b.dueAtMs && a.band > b.band));
  }

  get size(): number {
    return this.count;
  }

  /** All that wait, in no order. */
  *jobs(): IterableIterator<J> {
    for (const { lines } of this.turns.values())
      for (const { places, head } of lines.values())
        for (let at = head; at < places.length; at += 1) {
          const place = places[at];
          if (place) yield place.job;
        }
  }

  /** No job that waits is narrower. */
  get leastCells(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const band of this.bands.keys()) least = Math.min(least, band);
    return Number.isFinite(least) ? 2 ** ((least - 1) / 4) : least;
  }

  /** `isFirst`: it was at work before and goes to the head of its line. */
  push(job: J, nowMs: number, isFirst = false): void {
    if (!this.tenants.has(job.tenant)) this.share.returns(job.tenant, this.tenants.keys());
    this.tenants.set(job.tenant, (this.tenants.get(job.tenant) ?? 0) + 1);
    const turn = this.turnOf(job);
    const band = bandOf(job.cells);
    this.bands.set(band, (this.bands.get(band) ?? 0) + 1);
    this.count += 1;
    let line = turn.lines.get(band);
    if (!line) {
      line = {
        heapIndex: -1,
        tenant: job.tenant,
        priority: job.priority,
        band,
        places: [],
        head: 0,
        dueAtMs: 0,
      };
      const servedAtMs = this.served.get(lineKey(job)) ?? Number.NEGATIVE_INFINITY;
      line.dueAtMs = Math.max(Math.min(job.createdAtMs, nowMs), servedAtMs) + this.patienceMs;
      turn.lines.set(band, line);
      this.due.push(line);
    }
    this.pushed += 1;
    if (!isFirst) line.places.push({ job, order: this.pushed });
    else if (line.head > 0) line.places[(line.head -= 1)] = { job, order: -this.pushed };
    else line.places.unshift({ job, order: -this.pushed });
  }

  /** The job to be asked next among those narrower than `belowCells`. */
  first(nowMs: number, belowCells = Number.POSITIVE_INFINITY): J | undefined {
    const headOf = (line: Line<J>) => line.places[line.head];
    const isNarrow = (line: Line<J>) => (headOf(line)?.job.cells ?? Number.POSITIVE_INFINITY) < belowCells;
    const overdue = this.due.find((line) => line.dueAtMs > nowMs || isNarrow(line));
    if (overdue && overdue.dueAtMs <= nowMs) return headOf(overdue)?.job;
    for (const priority of this.priorities) {
      const turn = this.levels.get(priority)?.find((one) => [...one.lines.values()].some(isNarrow));
      let oldest: Place<J> | undefined;
      for (const line of turn?.lines.values() ?? []) {
        const head = headOf(line);
        if (head && isNarrow(line) && (!oldest || isOlder(head, oldest))) oldest = head;
      }
      if (oldest) return oldest.job;
    }
    return undefined;
  }

  /** Whether the job's line has been served nothing for the ageing time. */
  isOverdue(job: J, nowMs: number): boolean {
    const line = this.turns.get(turnKey(job))?.lines.get(bandOf(job.cells));
    return line !== undefined && line.dueAtMs <= nowMs;
  }

  /** Takes out a job that `first` has given. */
  take(job: J, nowMs: number): void {
    const turn = this.turns.get(turnKey(job));
    const band = bandOf(job.cells);
    const line = turn?.lines.get(band);
    if (!turn || line?.places[line.head]?.job !== job)
      throw new Error(`job ${job.jobId} is not the first of its line`);
    line.head += 1;
    if (line.head > 1024 && line.head * 2 > line.places.length) {
      line.places.splice(0, line.head);
      line.head = 0;
    }
    this.served.set(lineKey(job), nowMs);
    this.count -= 1;
    decrease(this.bands, band);
    decrease(this.tenants, job.tenant);
    if (line.head < line.places.length) {
      line.dueAtMs = nowMs + this.patienceMs;
      this.due.moved(line);
      return;
    }
    this.due.remove(line);
    turn.lines.delete(band);
    if (turn.lines.size > 0) return;
    this.turns.delete(turnKey(job));
    const level = this.levels.get(job.priority);
    level?.remove(turn);
    if (level?.size !== 0) return;
    this.levels.delete(job.priority);
    this.priorities = this.priorities.filter((priority) => priority !== job.priority);
  }

  /** The tenant was charged: its place among the others changes. */
  charged(tenant: string): void {
    for (const [priority, level] of this.levels) {
      const turn = this.turns.get(turnKey({ tenant, priority }));
      if (turn) level.moved(turn);
    }
  }

  private turnOf(job: J): TenantTurn<J> {
    const known = this.turns.get(turnKey(job));
    if (known) return known;
    let level = this.levels.get(job.priority);
    if (!level) {
      level = new Heap((a, b) => {
        const [x, y] = [this.share.of(a.tenant), this.share.of(b.tenant)];
        return x < y || (x === y && a.tenant < b.tenant);
      });
      this.levels.set(job.priority, level);
      this.priorities = [...this.levels.keys()].sort((a, b) => a - b);
    }
    const turn: TenantTurn<J> = { heapIndex: -1, tenant: job.tenant, lines: new Map() };
    this.turns.set(turnKey(job), turn);
    level.push(turn);
    return turn;
  }
}

const isOlder = <J extends BacklogJob>(a: Place<J>, b: Place<J>): boolean =>
  a.job.createdAtMs < b.job.createdAtMs || (a.job.createdAtMs === b.job.createdAtMs && a.order < b.order);

const turnKey = (job: { readonly tenant: string; readonly priority: number }): string =>
  `${job.priority} ${job.tenant}`;

/** Names the line of a job. */
const lineKey = (job: BacklogJob): string => `${turnKey(job)} ${bandOf(job.cells)}`;

function decrease<K>(counts: Map<K, number>, key: K): void {
  const left = (counts.get(key) ?? 0) - 1;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}
