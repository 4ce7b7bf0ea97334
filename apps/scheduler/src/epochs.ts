/** An epoch is closed when so many sessions that began in it or before have ended. */
export const SESSIONS_PER_EPOCH = 100;
/** As many as the predictor keeps. */
const KEPT = 32;

/** As stored: the first epoch's number, when each began (Unix milliseconds), and what has ended since the last one did. */
export interface EpochState {
  readonly first: number;
  readonly sinceMs: readonly number[];
  readonly endedSince: number;
}

/**
 * Numbers spans of time for the predictor, which weighs what it counted by age in epochs and forgets the oldest. They are
 * cut by sessions and not by the clock, so that a slow pool remembers as many as a busy one.
 */
export class Epochs {
  private first: number;
  private readonly sinceMs: number[];
  private endedSince: number;

  constructor(state: EpochState = { first: 0, sinceMs: [0], endedSince: 0 }) {
    this.first = state.first;
    this.sinceMs = [...state.sinceMs];
    this.endedSince = state.endedSince;
  }

  /** In which a session began. */
  of(beganAtMs: number): number {
    let at = this.sinceMs.length - 1;
    while (at > 0 && (this.sinceMs[at] ?? 0) > beganAtMs) at -= 1;
    return this.first + at;
  }

  sessionEnded(nowMs: number): void {
    this.endedSince += 1;
    if (this.endedSince < SESSIONS_PER_EPOCH) return;
    this.endedSince = 0;
    this.sinceMs.push(nowMs);
    if (this.sinceMs.length <= KEPT) return;
    this.sinceMs.shift();
    this.first += 1;
  }

  get state(): EpochState {
    return { first: this.first, sinceMs: [...this.sinceMs], endedSince: this.endedSince };
  }
}
