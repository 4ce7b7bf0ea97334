import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { BatchReceipt, JobResult, JobView, Usage } from '@gistpool/contracts';
import { FileBlobStore } from '@gistpool/blob';
import { ApiConfig } from '@gistpool/config';
import { queueConfigOf, startRedis, type QueueConfig, type RunningRedis } from '@gistpool/queue';
import { startApi, type Api } from '../api';
import { StandInCard } from './stand-in-card';

/** A real api on a free port over a real Redis, with a stand-in for the card. */
export class TestPool {
  private constructor(
    private readonly folder: string,
    readonly redis: RunningRedis,
    readonly config: ApiConfig,
    readonly api: Api,
    readonly card: StandInCard | undefined,
    readonly log: string[],
  ) {}

  static async start({
    withCard = true,
    env = {},
    dashboardDir,
  }: { withCard?: boolean; env?: Record<string, string>; dashboardDir?: string } = {}): Promise<TestPool> {
    const folder = await mkdtemp(join(tmpdir(), 'api-'));
    const redis = await startRedis({ dir: join(folder, 'redis') });
    const config = ApiConfig.parse({
      GISTPOOL_DATA_DIR: folder,
      GISTPOOL_REDIS_URL: redis.url,
      GISTPOOL_PORT: '0',
      GISTPOOL_DASHBOARD_DIR: dashboardDir,
      // A busy machine must not make the stand-in look dead in the middle of a test.
      GISTPOOL_HEARTBEAT_MS: '60000',
      GISTPOOL_LEASE_MS: '60000',
      GISTPOOL_LEAD_MS: '60000',
      ...env,
    });
    const log: string[] = [];
    const logger = pino({ level: 'info' }, { write: (line: string) => void log.push(line) });
    const api = await startApi(config, logger);
    const card = withCard ? await StandInCard.announce(queueConfigOf(config)) : undefined;
    return new TestPool(folder, redis, config, api, card, log);
  }

  get queueConfig(): QueueConfig {
    return queueConfigOf(this.config);
  }

  get worker(): StandInCard {
    if (this.card === undefined) throw new Error('this pool was started without a card');
    return this.card;
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`${this.api.url}${path}`, init);
  }

  post(path: string, body: string | Uint8Array, type = 'application/json'): Promise<Response> {
    return this.fetch(path, { method: 'POST', body, headers: { 'content-type': type } });
  }

  /** Submits and expects that it is taken. */
  async submit(request: object): Promise<JobView> {
    const answer = await this.post('/v1/jobs', JSON.stringify(request));
    if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as JobView;
  }

  async get(id: string): Promise<JobView> {
    return (await (await this.fetch(`/v1/jobs/${id}`)).json()) as JobView;
  }

  async batch(
    body: string | Uint8Array,
    type = 'application/x-ndjson',
  ): Promise<{ status: number; receipt: BatchReceipt }> {
    const answer = await this.post('/v1/jobs/batch', body, type);
    return { status: answer.status, receipt: (await answer.json()) as BatchReceipt };
  }

  putResult(jobId: string, result: JobResult): Promise<void> {
    return new FileBlobStore(join(this.folder, 'blobs')).put(`results/${jobId}.json`, JSON.stringify(result));
  }

  async stop(): Promise<void> {
    await this.card?.close();
    await this.api.close();
    await this.redis.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export const USAGE: Usage = {
  prompt_tokens: 5,
  reasoning_tokens: 10,
  answer_tokens: 2,
  generated_tokens: 12,
  thoughts: 1,
  compressions: 1,
  peak_cells: 20,
  peak_tokens: 20,
  predicted_peak_cells: 200,
  dep: 100,
  kv_bytes_at_peak: 20_480,
  vanilla_peak_cells: 25,
  vanilla_dep: 140,
  kv_byte_seconds: 17_000,
  queue_ms: 1,
  run_ms: 2,
  resumes: 0,
  replayed_tokens: 0,
  overflows: 0,
};
