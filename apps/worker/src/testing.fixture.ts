import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileBlobStore } from '@gistpool/blob';
import { isTerminal, JobResult, Sampling, type JobEvent } from '@gistpool/contracts';
import { openCard, type Card, type CardOptions } from '@gistpool/engine';
import {
  connectCardPort,
  connectDispatch,
  connectJobs,
  namesFor,
  queueName,
  startRedis,
  type Dispatch,
  type Jobs,
  type NewJob,
  type QueueConfig,
  type RunningRedis,
} from '@gistpool/queue';
import { createLogger } from '@gistpool/telemetry';
import { Redis } from 'ioredis';
import { readGgufFileInfo } from 'node-llama-cpp';
import { type Keeper, Worker } from './worker';

export const MODEL = join(import.meta.dirname, '../../../models/gistpool-nano-qwen2.gguf');

const TICK_MS = 20;

/** A pool without api and scheduler: a real Redis, and whatever waits is placed on the one card at once. */
export class TestPool {
  readonly results: FileBlobStore;
  private readonly running = new Set<TestWorker>();
  private isOpen = true;
  private placing: Promise<void> | undefined;

  private constructor(
    private readonly folder: string,
    private redis: RunningRedis,
    readonly jobs: Jobs,
    private readonly dispatch: Dispatch,
    readonly config: QueueConfig,
  ) {
    this.results = new FileBlobStore(join(folder, 'blobs'));
  }

  static async start(): Promise<TestPool> {
    const folder = await mkdtemp(join(tmpdir(), 'gistpool-worker-'));
    const redis = await startRedis({ dir: join(folder, 'redis') });
    const config = { redisUrl: redis.url, prefix: 'test', leaseMs: 1500, leadMs: 1500, heartbeatMs: 100 };
    const pool = new TestPool(folder, redis, connectJobs(config), connectDispatch(config, 'test'), config);
    pool.placing = pool.placeWhatWaits();
    return pool;
  }

  async startWorker(card: Card, incarnation: string, keeper?: Keeper): Promise<TestWorker> {
    const port = connectCardPort(this.config, { card: 'card-0', incarnation });
    const worker = new Worker({
      card,
      cardName: 'card-0',
      incarnation,
      port,
      blobs: this.results,
      log: createLogger('worker', process.env['TEST_LOG'] ?? 'silent'),
      leaseMs: this.config.leaseMs,
      heartbeatMs: this.config.heartbeatMs,
      ...(keeper && { keeper }),
    });
    const ended = worker.run();
    const running: TestWorker = {
      stop: async () => {
        worker.stop();
        await ended;
        await port.withdraw();
        await port.close();
        this.running.delete(running);
      },
    };
    this.running.add(running);
    return running;
  }

  async submit(job: Partial<NewJob> = {}): Promise<string> {
    const submitted = aJob(job);
    await this.jobs.submit([submitted]);
    return submitted.id;
  }

  /** Follows a job's events until one satisfies, and returns all up to it; fails when the job ends before. */
  async until(id: string, isIt: (event: JobEvent) => boolean): Promise<JobEvent[]> {
    const seen: JobEvent[] = [];
    for await (const { event } of this.jobs.events(id, '', new AbortController().signal)) {
      seen.push(event);
      if (isIt(event)) return seen;
    }
    throw new Error(`${id} ended before that happened: ${seen.map(inAWord).join(' ')}`);
  }

  untilEnd(id: string): Promise<JobEvent[]> {
    return this.until(id, (event) => event.type === 'state' && isTerminal(event.state));
  }

  async resultOf(id: string): Promise<JobResult | undefined> {
    const text = await this.results.get(`results/${id}.json`);
    return text === undefined ? undefined : JobResult.parse(JSON.parse(text));
  }

  /** As if the lease had run out and another holder had come: the lock has another's token. */
  async stealLease(id: string): Promise<void> {
    const job = await this.jobs.get(id);
    if (job === undefined) throw new Error(`no job ${id}`);
    const redis = new Redis(this.config.redisUrl);
    await redis.set(
      namesFor(this.config.prefix).lock(queueName(job.model, job.tenant), id),
      'another',
      'PX',
      60_000,
    );
    await redis.quit();
  }

  async killRedis(): Promise<void> {
    await this.redis.stop('SIGKILL');
  }

  async restartRedis(): Promise<void> {
    this.redis = await startRedis({
      dir: join(this.folder, 'redis'),
      port: Number(new URL(this.redis.url).port),
    });
  }

  async stop(): Promise<void> {
    for (const worker of this.running) await worker.stop();
    this.isOpen = false;
    await this.placing;
    await Promise.all([this.jobs.close(), this.dispatch.close()]);
    await this.redis.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async placeWhatWaits(): Promise<void> {
    while (this.isOpen) {
      if (await this.dispatch.hold()) {
        await this.dispatch.recover();
        await this.placeOnce();
      }
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }

  private async placeOnce(): Promise<void> {
    const card = (await this.dispatch.cards()).find(
      ({ state, cordon }) => state === 'ready' && cordon === undefined,
    );
    if (card === undefined) return;
    const { card: name, incarnation } = card;
    for (const queue of await this.dispatch.queues()) {
      const job = await this.dispatch.fetch(queue.name);
      if (job === undefined) continue;
      const reservedCells = Math.max(job.predictedPeakCells, job.peakCells ?? 0);
      const wideEnough = card.lanes.find((lane) => lane.cells_per_slot >= reservedCells);
      if (wideEnough === undefined && !job.stopRequested) {
        await this.dispatch.giveBack(job);
        continue;
      }
      const target = { card: name, incarnation, lane: wideEnough?.lane ?? 0, reservedCells };
      const outcome = await this.dispatch.place(job, target);
      if (outcome === 'cancel-requested') await this.dispatch.stop(job, 'cancel');
      else if (outcome === 'card-gone') await this.dispatch.giveBack(job);
    }
  }
}

export interface TestWorker {
  stop(): Promise<void>;
}

export async function aRealCard(
  overrides: Partial<Pick<CardOptions, 'lanes' | 'poolSessions' | 'park'>> = {},
): Promise<Card> {
  const opened = await openCard({
    modelPath: MODEL,
    modelName: 'nano',
    device: 'cpu',
    threads: 1,
    kvBudgetBytes: 128 * 1024 * 1024,
    lanes: [{ slots: 4, cells: 4096 }],
    // A replay computes in rows what was computed token by token; in half precision a hot sampler sees the rounding.
    kvType: 'f32',
    flashAttention: false,
    prefillChunk: 128,
    ...overrides,
  });
  if (!opened.ok) throw new Error(`${opened.refused.path}: ${opened.refused.reason}`);
  return opened.card;
}

let jobs = 0;
const QUESTION =
  'Question: Sherrie tells the truth. Vernell says Sherrie tells the truth. Alexis says Vernell lies. ' +
  'Michaela says Alexis tells the truth. Elanor says Michaela tells the truth. Does Elanor tell the truth?';

export function aJob(overrides: Partial<NewJob> = {}): NewJob {
  jobs += 1;
  return {
    id: `job_${process.pid}_${jobs}`,
    model: 'nano',
    tenant: 'default',
    priority: 0,
    metadata: {},
    messages: [{ role: 'user', content: QUESTION }],
    limits: { max_tokens: 300, max_thoughts: 40, max_thought_tokens: 40 },
    sampling: { ...Sampling.parse({}), seed: 7 },
    promptTokens: 5,
    predictedPeakCells: 500,
    createdAtMs: Date.now(),
    ...overrides,
  };
}

const CONTROL = 3;

/** Biases under which the model ends nothing by itself: it thinks until a limit stops it, and so does each thought. */
async function unendingBias(): Promise<Record<string, number>> {
  const { metadata } = await readGgufFileInfo(MODEL, { logWarnings: false });
  const { token_type: types = [] } = metadata.tokenizer.ggml;
  const ending = [...types.keys()].filter((id) => types[id] === CONTROL);
  return Object.fromEntries(ending.map((id) => [String(id), -100]));
}

const bias = await unendingBias();

/** Rambles on until its limits, and the same every time: the seed is fixed. */
export const aLongJob = (maxTokens: number): Partial<NewJob> => ({
  limits: { max_tokens: maxTokens, max_thoughts: 1000, max_thought_tokens: 20 },
  sampling: { ...aJob().sampling, temperature: 3, logit_bias: bias },
});

export const inAWord = (event: JobEvent): string =>
  event.type === 'state' ? `state:${event.state}` : event.type;
