import { Counter, Gauge, type Registry } from 'prom-client';
import type { CardView } from '@gistpool/contracts';
import { parseQueueName } from '@gistpool/queue';
import type { Pool } from '../pool';
import { PredictionMetrics } from './prediction-metrics';
import { RedisMetrics } from './redis-metrics';

type CardFigure = readonly [help: string, value: (card: CardView) => number];

const CARD_GAUGES = {
  gistpool_card_live_cells: ['Cells in use.', (card) => card.live_cells],
  gistpool_card_sessions: ['Jobs being decoded.', (card) => card.sessions],
  gistpool_card_tokens_per_second: [
    'Tokens sampled per second, as last reported.',
    (card) => card.tokens_per_second,
  ],
  gistpool_card_kv_bytes: ['Memory taken by the KV cache of all lanes.', (card) => card.kv_bytes],
  gistpool_card_kv_budget_bytes: ['Memory the KV cache may take.', (card) => card.kv_budget_bytes],
  gistpool_card_slots: ['Places for jobs.', (card) => slotsOf(card).length],
  gistpool_card_slots_busy: [
    'Places with a job.',
    (card) => slotsOf(card).filter((slot) => slot.job !== null).length,
  ],
  gistpool_card_reserved_cells: ['Cells set aside for the jobs in their slots.', reservedOf],
  gistpool_card_cells: ['Cells of all slots.', cellsOf],
  gistpool_card_parked_sessions: [
    'Jobs out of their slots for want of cells, their caches in files.',
    (card) => card.parked_sessions ?? 0,
  ],
  gistpool_card_parked_bytes: ['Size of these files.', (card) => card.parked_bytes ?? 0],
} as const satisfies Record<string, CardFigure>;

/** The card counts these; a restart of it begins at 0 again, as counters may. */
const CARD_COUNTERS = {
  gistpool_card_generated_tokens_total: [
    'Tokens sampled since the card started.',
    (card) => card.generated_tokens_total,
  ],
  gistpool_card_compressions_total: [
    'Thoughts compressed since the card started.',
    (card) => card.compressions_total,
  ],
  gistpool_card_kv_byte_seconds_total: [
    'Bytes of KV cache in use x seconds since the card started, by its own count.',
    (card) => card.kv_byte_seconds_total ?? 0,
  ],
  gistpool_card_reshapes_total: [
    'Times that the card got other lanes since it started.',
    (card) => card.reshapes_total ?? 0,
  ],
  gistpool_card_ended_jobs_total: [
    'Jobs that completed on the card, or were cancelled there, since it started.',
    (card) => card.ended_jobs_total ?? 0,
  ],
  gistpool_card_moves_total: [
    'Times that a session got other cells of the card: for want of cells, back from a file, or with new lanes.',
    (card) => card.moves_total ?? 0,
  ],
  gistpool_card_parks_total: [
    'Times that a session left its slot for want of cells, its cache in a file.',
    (card) => card.parks_total ?? 0,
  ],
  gistpool_card_hand_backs_total: [
    'Times that a job went back to its queue with a checkpoint, since the card lacked the cells for it.',
    (card) => card.hand_backs_total ?? 0,
  ],
} as const satisfies Record<string, CardFigure>;

/** Gauges of the whole pool, read at each scrape: two api processes tell the same, and none keeps count. */
export class PoolMetrics {
  private readonly up: Gauge;
  private readonly jobs: Gauge<'state'>;
  private readonly waiting: Gauge<'model'>;
  private readonly cards: Gauge<'model' | 'state'>;
  private readonly hasLeader: Gauge;
  private readonly redis: RedisMetrics;
  private readonly predictions: PredictionMetrics;
  /** Gauges and counters alike: emptied before each reading, then raised to what the card says. */
  private readonly perCard: {
    metric: Gauge<'card' | 'model'> | Counter<'card' | 'model'>;
    value: (card: CardView) => number;
  }[];

  constructor(
    private readonly pool: Pool,
    registry: Registry,
  ) {
    const gauge = <L extends string>(name: string, help: string, labelNames: L[]) =>
      new Gauge<L>({ name, help, labelNames, registers: [registry] });
    this.up = gauge('gistpool_redis_up', '1 while Redis answers.', []);
    this.jobs = gauge('gistpool_jobs', 'Jobs in each state.', ['state']);
    this.waiting = gauge('gistpool_waiting_jobs', 'Jobs in the queues of each model.', ['model']);
    this.redis = new RedisMetrics(pool.queues.redis, pool.queues.names, registry);
    this.predictions = new PredictionMetrics(pool.predictions, registry);
    this.cards = gauge('gistpool_cards', 'Cards that report themselves.', ['model', 'state']);
    this.hasLeader = gauge('gistpool_scheduler_leaders', '1 while a scheduler leads.', []);
    const perCard = (name: string, help: string) => ({
      name,
      help,
      labelNames: ['card', 'model'] as const,
      registers: [registry],
    });
    this.perCard = [
      ...Object.entries(CARD_GAUGES).map(([name, [help, value]]) => ({
        metric: new Gauge(perCard(name, help)),
        value,
      })),
      ...Object.entries(CARD_COUNTERS).map(([name, [help, value]]) => ({
        metric: new Counter(perCard(name, help)),
        value,
      })),
    ];
  }

  async refresh(): Promise<void> {
    const isUp = (await this.pool.missing()).length === 0;
    this.up.set(isUp ? 1 : 0);
    this.forget();
    if (!isUp) return;
    const [counts, cards, models, leader, depths] = await Promise.all([
      this.pool.jobs.counts(),
      this.pool.fleet.cards(),
      this.pool.fleet.models(),
      this.pool.fleet.leader(),
      this.pool.queues.depths(),
      this.redis.refresh(),
      this.predictions.refresh(),
    ]);
    for (const [state, count] of Object.entries(counts)) this.jobs.set({ state }, count);
    for (const { name } of models) this.waiting.set({ model: name }, 0);
    for (const { queue, waiting } of depths)
      this.waiting.inc({ model: parseQueueName(queue).model }, waiting);
    this.hasLeader.set(leader === null ? 0 : 1);
    for (const card of cards) {
      this.cards.inc({ model: card.model, state: card.cordon ?? card.state });
      for (const { metric, value } of this.perCard)
        metric.inc({ card: card.card, model: card.model }, value(card));
    }
  }

  /** A card that is gone leaves no number behind. */
  private forget(): void {
    for (const gauge of [this.jobs, this.waiting, this.cards, this.hasLeader]) gauge.reset();
    this.redis.forget();
    this.predictions.forget();
    for (const { metric } of this.perCard) metric.reset();
  }
}

function slotsOf(card: CardView) {
  return card.lanes.flatMap((lane) => lane.slots);
}

function reservedOf(card: CardView): number {
  return slotsOf(card).reduce((sum, slot) => sum + slot.reserved_cells, 0);
}

function cellsOf(card: CardView): number {
  return card.lanes.reduce(
    (sum, lane) => sum + (lane.shared_cells ?? lane.slots.length * lane.cells_per_slot),
    0,
  );
}
