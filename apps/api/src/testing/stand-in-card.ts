import { randomUUID } from 'node:crypto';
import type { CardView, Message, ModelInfo } from '@gistpool/contracts';
import {
  connectCardPort,
  connectDispatch,
  type CardPort,
  type Dispatch,
  type Lease,
  type QueueConfig,
} from '@gistpool/queue';

export const NANO: ModelInfo = {
  name: 'nano',
  method: 'lightthinker',
  architecture: 'llama',
  gist_count: 3,
  policy: {},
  kv_bytes_per_cell: 1024,
  largest_slot_cells: 512,
  default_limits: { max_tokens: 600, max_thoughts: 40, max_thought_tokens: 48 },
};

/** Tokens by a rule that a test can foresee: one per word. */
export const countWords = (messages: readonly Message[]): number =>
  messages.reduce((sum, { content }) => sum + content.split(/\s+/).filter((word) => word !== '').length, 0);

/** A card without an engine: it announces itself, counts tokens and holds leases, all through the real queue. */
export class StandInCard {
  private constructor(
    private readonly card: string,
    readonly port: CardPort,
    private readonly dispatch: Dispatch,
    readonly view: CardView,
  ) {}

  static async announce(config: QueueConfig, card = 'card-0', model: ModelInfo = NANO): Promise<StandInCard> {
    const incarnation = randomUUID();
    const port = connectCardPort(config, { card, incarnation });
    port.serveTokenCounts(countWords);
    const view = viewOf(card, incarnation, model);
    await port.announce(view, model);
    return new StandInCard(card, port, connectDispatch(config, 'test'), view);
  }

  /** Fetches the next job of a queue, places it on this card and takes its lease, as scheduler and worker would. */
  async takeNext(queue: string): Promise<Lease> {
    await this.dispatch.hold();
    const job = await this.dispatch.fetch(queue);
    if (job === undefined) throw new Error(`no job waits in ${queue}`);
    const { incarnation } = this.view;
    const outcome = await this.dispatch.place(job, {
      card: this.card,
      incarnation,
      lane: 0,
      reservedCells: 256,
    });
    // A scheduler that a test starts later leads at once.
    await this.dispatch.resign();
    if (outcome !== 'placed') throw new Error(`${job.id} was not placed: ${outcome}`);
    const [lease] = await this.port.take(20_000);
    if (lease === undefined) throw new Error(`${job.id} did not arrive`);
    return lease;
  }

  async close(): Promise<void> {
    await this.port.withdraw();
    await this.port.close();
    await this.dispatch.close();
  }
}

function viewOf(card: string, incarnation: string, model: ModelInfo): CardView {
  const slots = Array.from({ length: 8 }, (_, slot) => {
    const isBusy = slot < 5;
    const recent = Array.from({ length: 60 }, (_, step) => 90 + step + ((step * 7 + slot * 11) % 48));
    return {
      slot,
      job: isBusy ? `job_example${slot}` : null,
      phase: isBusy ? ('think' as const) : ('idle' as const),
      thought: isBusy ? slot * 3 : 0,
      live_cells: isBusy ? 150 + slot * 20 : 0,
      reserved_cells: isBusy ? 309 : 0,
      recent_cells: isBusy ? recent : [],
    };
  });
  return {
    card,
    incarnation,
    state: 'ready',
    model: model.name,
    method: model.method,
    device: 'stand-in',
    kv_budget_bytes: 64 * 2 ** 20,
    kv_bytes: 8 * 512 * model.kv_bytes_per_cell,
    lanes: [
      {
        lane: 0,
        slots,
        cells_per_slot: 512,
        cells_per_slot_requested: 500,
        kv_bytes: 8 * 512 * model.kv_bytes_per_cell,
      },
    ],
    live_cells: 950,
    sessions: 5,
    tokens_per_second: 123.4,
    generated_tokens_total: 45_678,
    compressions_total: 321,
    heartbeat_at_ms: Date.now(),
  };
}
