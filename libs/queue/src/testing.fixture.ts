import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { Sampling, type CardView, type JobEvent, type ModelInfo, type Usage } from '@gistpool/contracts';
import { connectCardPort } from './card-port';
import { closeRedis, openRedis } from './connection';
import { connectDispatch } from './dispatch';
import type { Dispatch } from './dispatch-port';
import { startRedis, type RunningRedis } from './embedded-redis';
import { connectJobs } from './jobs';
import type { QueueConfig } from './queue-config';
import type { CardPort, Jobs, NewJob, StoredEvent } from './types';

/** The three sides of the queue: who submits, the scheduler that leads, and `card-0`, incarnation `one`, of model `tiny`. */
export interface Sides {
  readonly jobs: Jobs;
  readonly dispatch: Dispatch;
  readonly card: CardPort;
  close(): Promise<void>;
}

export async function allSides(config: QueueConfig): Promise<Sides> {
  const jobs = connectJobs(config);
  const dispatch = connectDispatch(config, 'scheduler-a');
  await dispatch.hold();
  const card = connectCardPort(config, { card: 'card-0', incarnation: 'one' });
  await card.announce(aCard('card-0', 'one'), aModel);
  const close = async () => {
    await Promise.all([jobs.close(), dispatch.close(), card.close()]);
  };
  return { jobs, dispatch, card, close };
}

/** A real Redis in a directory of its own, that can be killed and started again on its file and port. */
export class TestRedis {
  private constructor(
    readonly dir: string,
    private running: RunningRedis,
  ) {}

  static async start(): Promise<TestRedis> {
    const dir = await mkdtemp(join(tmpdir(), 'gistpool queue-'));
    return new TestRedis(dir, await startRedis({ dir }));
  }

  get config(): QueueConfig {
    return { redisUrl: this.running.url, prefix: 'test', leaseMs: 800, leadMs: 800, heartbeatMs: 100 };
  }

  /** For tests in which no lease and no card runs out, however slow the machine is. */
  get patientConfig(): QueueConfig {
    return { ...this.config, leaseMs: 60_000, leadMs: 60_000, heartbeatMs: 60_000 };
  }

  /** To look at, or tamper with, what is stored. */
  async withClient<T>(work: (client: Redis) => Promise<T>): Promise<T> {
    const client = openRedis(this.config, 'test');
    try {
      return await work(client);
    } finally {
      await closeRedis(client);
    }
  }

  kill(): Promise<void> {
    return this.running.stop('SIGKILL');
  }

  async restart(): Promise<void> {
    this.running = await startRedis({ dir: this.dir, port: Number(new URL(this.running.url).port) });
  }

  async stop(): Promise<void> {
    await this.running.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}

let jobs = 0;
export function aJob(overrides: Partial<NewJob> = {}): NewJob {
  jobs += 1;
  return {
    id: `job_${process.pid}_${jobs}`,
    model: 'tiny',
    tenant: 'default',
    priority: 0,
    metadata: {},
    messages: [{ role: 'user', content: 'How many?' }],
    limits: { max_tokens: 100, max_thoughts: 10, max_thought_tokens: 50 },
    sampling: { ...Sampling.parse({}), seed: 7 },
    promptTokens: 5,
    predictedPeakCells: 200,
    createdAtMs: Date.now(),
    ...overrides,
  };
}

export const aUsage: Usage = {
  prompt_tokens: 5,
  reasoning_tokens: 20,
  answer_tokens: 3,
  generated_tokens: 23,
  thoughts: 2,
  compressions: 2,
  peak_cells: 40,
  peak_tokens: 41,
  predicted_peak_cells: 200,
  dep: 300,
  kv_bytes_at_peak: 4096,
  vanilla_peak_cells: 60,
  vanilla_dep: 500,
  kv_byte_seconds: 17_000,
  queue_ms: 1,
  run_ms: 2,
  resumes: 0,
  replayed_tokens: 0,
  overflows: 0,
};

/** `lanes`: cells of each slot, lane by lane. */
export function aCard(
  card: string,
  incarnation: string,
  lanes: readonly (readonly [slots: number, cells: number])[] = [[2, 512]],
  overrides: Partial<CardView> = {},
): CardView {
  return {
    card,
    incarnation,
    state: 'ready',
    model: 'tiny',
    method: 'lightthinker',
    device: 'cpu',
    kv_budget_bytes: 1 << 20,
    kv_bytes: 1 << 20,
    lanes: lanes.map(([slots, cells], lane) => ({
      lane,
      cells_per_slot: cells,
      cells_per_slot_requested: cells,
      kv_bytes: 1 << 18,
      slots: Array.from({ length: slots }, (_, slot) => ({
        slot,
        job: null,
        phase: 'idle' as const,
        thought: 0,
        live_cells: 0,
        reserved_cells: 0,
        recent_cells: [],
      })),
    })),
    live_cells: 0,
    sessions: 0,
    tokens_per_second: 0,
    generated_tokens_total: 0,
    compressions_total: 0,
    heartbeat_at_ms: Date.now(),
    ...overrides,
  };
}

export const aModel: ModelInfo = {
  name: 'tiny',
  method: 'lightthinker',
  architecture: 'llama',
  gist_count: 5,
  policy: {},
  kv_bytes_per_cell: 1024,
  largest_slot_cells: 512,
  default_limits: { max_tokens: 100, max_thoughts: 10, max_thought_tokens: 50 },
};

/** Reads to the job's last event. */
export async function allEvents(jobs: Jobs, id: string, after = ''): Promise<StoredEvent[]> {
  const stored: StoredEvent[] = [];
  for await (const event of jobs.events(id, after, new AbortController().signal)) stored.push(event);
  return stored;
}

/** `state:waiting`, `text`, …: an event in a word, for comparing sequences. */
export const inAWord = ({ event }: { event: JobEvent }): string =>
  event.type === 'state' ? `state:${event.state}` : event.type;
