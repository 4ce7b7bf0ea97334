import type { CardView } from '@gistpool/contracts';
import type { Card } from '@gistpool/engine';
import type { CardCounts } from './card-counts';
import { Rate } from './rate';

const RATE_WINDOW_MS = 2000;

/** The card as the rest of the pool sees it. Ask only between steps. */
export class CardReport {
  private readonly rate = new Rate(RATE_WINDOW_MS);
  private readonly stepRate = new Rate(RATE_WINDOW_MS);

  constructor(
    private readonly card: Card,
    private readonly name: string,
    private readonly incarnation: string,
    private readonly counts: CardCounts,
  ) {}

  view(state: CardView['state'], sinceStartMs = performance.now()): CardView {
    const lanes = this.card.lanes();
    const { sessions: parkedSessions, bytes: parkedBytes } = this.card.parked();
    const { generatedTokens, compressions, reshapes, steps, kvByteSeconds } = this.card.totals();
    return {
      card: this.name,
      incarnation: this.incarnation,
      state,
      model: this.card.model.name,
      method: this.card.model.method,
      device: this.card.device,
      kv_budget_bytes: this.card.kvBudgetBytes,
      kv_bytes: this.card.kvBytes,
      lanes,
      live_cells: lanes.flatMap((lane) => lane.slots).reduce((cells, slot) => cells + slot.live_cells, 0),
      sessions: this.card.sessions(),
      tokens_per_second: toTenths(this.rate.perSecond(generatedTokens, sinceStartMs)),
      steps_per_second: toTenths(this.stepRate.perSecond(steps, sinceStartMs)),
      generated_tokens_total: generatedTokens,
      compressions_total: compressions,
      kv_byte_seconds_total: kvByteSeconds,
      reshapes_total: reshapes,
      parked_sessions: parkedSessions,
      parked_bytes: parkedBytes,
      ended_jobs_total: this.counts.endedJobs,
      moves_total: this.counts.moves,
      parks_total: this.counts.parks,
      hand_backs_total: this.counts.handBacks,
      heartbeat_at_ms: Date.now(),
    };
  }
}

const toTenths = (value: number): number => Math.round(value * 10) / 10;
