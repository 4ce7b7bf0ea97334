/** A job that comes back sooner than this after it was placed was refused, not worked on. */
const AT_ONCE_MS = 1_000;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 5_000;
const FORGOTTEN_AFTER_MS = 60_000;

interface Visit {
  placedAtMs: number;
  refusals: number;
}

/**
 * Keeps a job that a card hands straight back (its slot is not free yet, its lane is not there) from going to and
 * fro without a pause: each time it waits twice as long.
 */
export class Patience {
  private readonly visits = new Map<string, Visit>();

  placed(jobId: string, nowMs: number): void {
    const visit = this.visits.get(jobId);
    // Re-inserted, so that the order is that of the last placement.
    this.visits.delete(jobId);
    this.visits.set(jobId, { placedAtMs: nowMs, refusals: visit?.refusals ?? 0 });
    for (const [id, { placedAtMs }] of this.visits) {
      if (nowMs - placedAtMs < FORGOTTEN_AFTER_MS) break;
      this.visits.delete(id);
    }
  }

  /** When a job that was just fetched may be placed. */
  notBeforeMs(jobId: string, nowMs: number): number {
    const visit = this.visits.get(jobId);
    if (!visit) return nowMs;
    if (nowMs - visit.placedAtMs > Math.max(AT_ONCE_MS, waitMs(visit.refusals))) {
      this.visits.delete(jobId);
      return nowMs;
    }
    visit.refusals += 1;
    return nowMs + waitMs(visit.refusals);
  }
}

const waitMs = (refusals: number): number => Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (refusals - 1));
