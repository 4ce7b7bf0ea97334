import { randomUUID } from 'node:crypto';
import type { CardView, ModelInfo, Usage } from '@gistpool/contracts';
import { connectCardPort, type Lease, type QueueConfig } from '@gistpool/queue';

const MODEL = 'idle';
export const IDLE_CARD_CELLS = 512;
const TAKE_WAIT_MS = 500;

export const IDLE_MODEL: ModelInfo = {
  name: MODEL,
  method: 'vanilla',
  architecture: 'none',
  gist_count: 0,
  policy: {},
  kv_bytes_per_cell: 1,
  largest_slot_cells: IDLE_CARD_CELLS,
  default_limits: { max_tokens: 100, max_thoughts: 1, max_thought_tokens: 100 },
};

const NOTHING_DECODED: Usage = {
  prompt_tokens: 1,
  reasoning_tokens: 0,
  answer_tokens: 0,
  generated_tokens: 0,
  thoughts: 0,
  compressions: 0,
  peak_cells: 1,
  peak_tokens: 1,
  predicted_peak_cells: 1,
  dep: 0,
  kv_bytes_at_peak: 1,
  vanilla_peak_cells: 1,
  vanilla_dep: 0,
  kv_byte_seconds: 0,
  queue_ms: 0,
  run_ms: 0,
  resumes: 0,
  replayed_tokens: 0,
  overflows: 0,
};

/** A worker's side of the hand-over without an engine: takes what is placed on it and completes it at once. */
export class IdleCard {
  private readonly incarnation = randomUUID();
  private readonly port;
  private readonly beating: NodeJS.Timeout;
  private readonly completing = new Set<Promise<void>>();
  private looping: Promise<void> = Promise.resolve();
  private isStopping = false;

  private constructor(
    config: QueueConfig,
    private readonly name: string,
    private readonly slots: number,
    /** Told when a job is in the card's hands, and when its end is written. */
    private readonly hear: { taken: (jobId: string) => void; ended: (jobId: string) => void },
  ) {
    this.port = connectCardPort(config, { card: name, incarnation: this.incarnation });
    this.beating = setInterval(() => void this.port.heartbeat(this.view()), config.heartbeatMs);
  }

  static async start(
    config: QueueConfig,
    name: string,
    slots: number,
    hear: { taken: (jobId: string) => void; ended: (jobId: string) => void },
  ): Promise<IdleCard> {
    const card = new IdleCard(config, name, slots, hear);
    await card.port.announce(card.view(), IDLE_MODEL);
    card.looping = card.loop();
    return card;
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.beating);
    await this.looping;
    await Promise.all(this.completing);
    await this.port.withdraw();
    await this.port.close();
  }

  private async loop(): Promise<void> {
    while (!this.isStopping) {
      for (const lease of await this.port.take(TAKE_WAIT_MS)) {
        this.hear.taken(lease.job.id);
        const completed = this.complete(lease).finally(() => this.completing.delete(completed));
        this.completing.add(completed);
      }
    }
  }

  private async complete(lease: Lease): Promise<void> {
    await lease.complete(NOTHING_DECODED, 'stop');
    this.hear.ended(lease.job.id);
  }

  private view(): CardView {
    return {
      card: this.name,
      incarnation: this.incarnation,
      state: 'ready',
      model: MODEL,
      method: IDLE_MODEL.method,
      device: 'none',
      kv_budget_bytes: this.slots * IDLE_CARD_CELLS,
      kv_bytes: this.slots * IDLE_CARD_CELLS,
      lanes: [
        {
          lane: 0,
          cells_per_slot: IDLE_CARD_CELLS,
          cells_per_slot_requested: IDLE_CARD_CELLS,
          kv_bytes: this.slots * IDLE_CARD_CELLS,
          slots: Array.from({ length: this.slots }, (_, slot) => ({
            slot,
            job: null,
            phase: 'idle' as const,
            thought: 0,
            live_cells: 0,
            reserved_cells: 0,
            recent_cells: [],
          })),
        },
      ],
      live_cells: 0,
      sessions: 0,
      tokens_per_second: 0,
      generated_tokens_total: 0,
      compressions_total: 0,
      heartbeat_at_ms: Date.now(),
    };
  }
}
