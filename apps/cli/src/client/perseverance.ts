import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8_000;

export interface Patience {
  /** From the first failure on; 0: nothing is tried again. */
  readonly forMs: number;
  /** Told once when it begins to wait, and when it went on. */
  readonly say: (text: string) => void;
}

/** One thing that is tried again and again for a while, with pauses that grow: 0.25 s, 0.5 s, … 8 s. */
export class Perseverance {
  private failures = 0;
  private sinceMs = 0;

  constructor(
    private readonly patience: Patience,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** Seconds since the first of these failures. */
  get triedForS(): number {
    return this.failures === 0 ? 0 : Math.round((this.nowMs() - this.sinceMs) / 1000);
  }

  /** It failed. Waits and answers true when it is worth another try, false when that has been tried long enough. */
  async again(why: string, signal?: AbortSignal): Promise<boolean> {
    if (this.failures === 0) this.sinceMs = this.nowMs();
    const leftMs = this.patience.forMs - (this.nowMs() - this.sinceMs);
    if (leftMs <= 0) return false;
    if (this.failures === 0)
      this.patience.say(`${why}; trying again for up to ${Math.ceil(this.patience.forMs / 1000)} s\n`);
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** this.failures, LONGEST_PAUSE_MS, leftMs);
    this.failures += 1;
    await sleep(pauseMs, undefined, signal === undefined ? {} : { signal });
    return true;
  }

  /** It went well: the next failure is a first one again. */
  worked(): void {
    if (this.failures > 0) this.patience.say(`it goes on after ${this.triedForS} s\n`);
    this.failures = 0;
  }
}
