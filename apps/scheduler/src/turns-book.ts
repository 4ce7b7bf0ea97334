import { FairTurns } from '@gistpool/core';
import type { Dispatch } from '@gistpool/queue';

export interface TurnsBookOptions {
  readonly ageingMs: number;
  readonly nowMs: () => number;
}

/** What is placed in between is counted anew by who takes over; what both begins and ends in between is forgotten. */
const PUBLISH_EVERY_MS = 1_000;

/**
 * The turns of each model's tenants. Only the leader counts; it publishes its counts, so that a heavy tenant gets no fresh
 * start when another takes the lead.
 */
export class TurnsBook {
  private readonly turns = new Map<string, FairTurns>();
  private publishAtMs = 0;

  constructor(
    private readonly dispatch: Dispatch,
    private readonly options: TurnsBookOptions,
  ) {}

  of(model: string): FairTurns {
    const turns = this.turns.get(model) ?? new FairTurns(this.options.ageingMs);
    this.turns.set(model, turns);
    return turns;
  }

  /** On taking the lead: goes on from what the last leader published. What this one counted before, others have gone on from. */
  async takeOver(): Promise<void> {
    this.turns.clear();
    const shares = await this.dispatch.latestShares();
    for (const [model, state] of Object.entries(shares?.models ?? {}))
      this.turns.set(model, new FairTurns(this.options.ageingMs, state));
  }

  /** At the end of a round, so that what it placed is in it. */
  async publishIfDue(): Promise<void> {
    if (this.options.nowMs() >= this.publishAtMs) await this.publish();
  }

  /** Also at the end of a leader's time. */
  async publish(): Promise<void> {
    this.publishAtMs = this.options.nowMs() + PUBLISH_EVERY_MS;
    const models = Object.fromEntries([...this.turns].map(([model, turns]) => [model, turns.state]));
    if (this.turns.size > 0) await this.dispatch.publishShares({ version: 1, models });
  }
}
