import {
  BatchReceipt,
  CancelReceipt,
  FleetView,
  isTerminal,
  JobEvent,
  JobPage,
  JobView,
  PlacementView,
  PredictionsView,
  type JobRequestInput,
} from '@gistpool/contracts';
import type { z } from 'zod';
import { eventually } from './conditions';
import { unendingBias } from './unending';
import {
  Gistpool,
  MODEL,
  poolFile,
  removeFolder,
  temporaryFolder,
  type Ended,
  type PoolFile,
} from './gistpool';

const START_WITHIN_MS = 120_000;
const UNAVAILABLE = 503;

/** A whole pool of `gistpool up`, and its REST surface. */
export class RunningPool {
  private constructor(
    readonly dataDir: string,
    readonly up: Gistpool,
    readonly url: string,
  ) {}

  static async start(
    options: { dataDir?: string; args?: readonly string[]; env?: NodeJS.ProcessEnv } = {},
  ): Promise<RunningPool> {
    const dataDir = options.dataDir ?? (await temporaryFolder());
    const args = options.args ?? ['--model', MODEL];
    const up = new Gistpool(['up', '--port', '0', '--data-dir', dataDir, ...args], options.env);
    let end: Ended | undefined;
    void up.ended.then((ended) => (end = ended));
    const url = await eventually(
      'the pool prints its URL',
      () => {
        if (end !== undefined) throw new Error(`gistpool up ended with ${end.code}: ${end.stderr}`);
        return up.stdout.includes('\n') && up.stdout.trim();
      },
      START_WITHIN_MS,
    );
    return new RunningPool(dataDir, up, url);
  }

  get file(): PoolFile {
    const file = poolFile(this.dataDir);
    if (file === undefined) throw new Error(`no pool.json in ${this.dataDir}`);
    return file;
  }

  pidOf(name: string): number {
    const pid = this.file.processes[name];
    if (pid === undefined) throw new Error(`${name} is not running: ${JSON.stringify(this.file)}`);
    return pid;
  }

  /** Kills a process and waits until the supervisor has put another in its place. */
  async kill(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const pid = this.pidOf(name);
    process.kill(pid, signal);
    await eventually(`${name} is started again`, () => {
      const now = this.file.processes[name];
      return now !== undefined && now !== pid;
    });
  }

  submit(job: JobRequestInput): Promise<JobView> {
    return this.call(JobView, '/v1/jobs', json('POST', job));
  }

  submitBatch(jobs: readonly JobRequestInput[]): Promise<BatchReceipt> {
    const body = jobs.map((job) => JSON.stringify(job)).join('\n');
    return this.call(BatchReceipt, '/v1/jobs/batch', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-ndjson' },
    });
  }

  job(id: string): Promise<JobView> {
    return this.call(JobView, `/v1/jobs/${id}`);
  }

  placement(id: string): Promise<PlacementView> {
    return this.call(PlacementView, `/v1/jobs/${id}/placement`);
  }

  async batch(id: string): Promise<JobView[]> {
    return (await this.call(JobPage, `/v1/jobs?batch=${id}&limit=500`)).data;
  }

  cancel(id: string): Promise<CancelReceipt> {
    return this.call(CancelReceipt, `/v1/jobs/${id}`, { method: 'DELETE' });
  }

  fleet(): Promise<FleetView> {
    return this.call(FleetView, '/v1/fleet');
  }

  predictions(): Promise<PredictionsView> {
    return this.call(PredictionsView, '/v1/predictions');
  }

  untilEnded(batch: string, withinMs: number): Promise<JobView[]> {
    return eventually(
      'every job of the batch ends',
      async () => {
        const jobs = await this.batch(batch);
        return jobs.every((job) => isTerminal(job.state)) && jobs;
      },
      withinMs,
    );
  }

  /** All events of a job that has ended. */
  async story(id: string): Promise<JobEvent[]> {
    const response = await fetch(`${this.url}/v1/jobs/${id}/events`);
    const text = await response.text();
    return [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JobEvent.parse(JSON.parse(data)));
  }

  async stop(): Promise<Ended> {
    this.up.signal('SIGTERM');
    return this.up.ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    await removeFolder(this.dataDir);
  }

  private async call<S extends z.ZodType>(schema: S, path: string, init?: RequestInit): Promise<z.infer<S>> {
    // While Redis or a worker is being started again the api says so, and a client asks again.
    const response = await eventually('the pool takes requests', async () => {
      const answer = await fetch(this.url + path, init);
      return answer.status !== UNAVAILABLE && answer;
    });
    if (!response.ok)
      throw new Error(`${init?.method ?? 'GET'} ${path}: ${response.status} ${await response.text()}`);
    return schema.parse(await response.json());
  }
}

const json = (method: string, body: unknown): RequestInit => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});

export const QUESTION =
  'Question: Sherrie tells the truth. Vernell says Sherrie tells the truth. Alexis says Vernell lies. ' +
  'Michaela says Alexis tells the truth. Elanor says Michaela tells the truth. Does Elanor tell the truth?';

const bias = await unendingBias();

/** A job that rambles on until its limit, in a slot of 512 cells: what is tested is the pool, not the model. */
export const ramblingJob = (maxTokens: number, seed = 1): JobRequestInput => ({
  prompt: QUESTION,
  limits: { max_tokens: maxTokens, max_thought_tokens: 20, max_thoughts: 120 },
  sampling: { temperature: 3, seed, logit_bias: bias },
});
