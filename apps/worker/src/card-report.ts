import type { CardView } from '@gistpool/contracts';
import type { Card } from '@gistpool/engine';
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
  ) {}

  view(state: CardView['state'], nowMs = Date.now()): CardView {
    const lanes = this.card.lanes();
    const { generatedTokens, compressions, reshapes, steps } = this.card.totals();
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
      tokens_per_second: toTenths(this.rate.perSecond(generatedTokens, nowMs)),
      steps_per_second: toTenths(this.stepRate.perSecond(steps, nowMs)),
      generated_tokens_total: generatedTokens,
      compressions_total: compressions,
      reshapes_total: reshapes,
      heartbeat_at_ms: nowMs,
    };
  }
}

const toTenths = (value: number): number => Math.round(value * 10) / 10;
