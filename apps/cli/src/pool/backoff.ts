const FIRST_MS = 100;
const LONGEST_MS = 30_000;
/** A process that ran so long starts from the shortest pause again. */
const HEALTHY_MS = 20_000;

/** How long to wait before a process that ended is started again: 0.1 s, 0.2 s, 0.4 s, … 30 s. */
export class Backoff {
  private failures = 0;

  pauseMs(ranMs: number): number {
    if (ranMs >= HEALTHY_MS) this.failures = 0;
    return Math.min(FIRST_MS * 2 ** this.failures++, LONGEST_MS);
  }
}
