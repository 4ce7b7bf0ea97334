import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { FleetView, JobEvent, JobView, type JobRequestInput } from '@gistpool/contracts';
import type { z } from 'zod';
import { eventually } from '../support/conditions';
import { MODEL, removeFolder, temporaryFolder } from '../support/gistpool';
import { PARTS, type PartName, type Topology } from './fault-plan';
import { Part } from './part';
import { startRedisSide, type RedisSide } from './redis-side';

/** On a machine that does other things, too, every part gets its turn so much more seldom: leases last longer there. */
const patience = Math.min(6, Math.max(1, (loadavg()[0] ?? 0) / availableParallelism() / 2));
const scaled = (ms: number): string => String(Math.round(ms * patience));
const BLOB_MIB = 8;
const REQUEST_MS = 10_000;

const COMMON = {
  GISTPOOL_LEASE_MS: scaled(2_500),
  GISTPOOL_LEAD_MS: scaled(2_000),
  GISTPOOL_HEARTBEAT_MS: scaled(200),
  GISTPOOL_KEEP_EVENTS_MS: '120000',
};
const ENV: Record<PartName, Readonly<Record<string, string>>> = {
  api: { GISTPOOL_PORT: '0', GISTPOOL_KEEP_JOBS: '48', GISTPOOL_KEEP_LOOK_MS: '500' },
  // Half of the jobs may hold more than was predicted: sessions outgrow their places all the time.
  'scheduler-0': { GISTPOOL_EPS: '0.5', GISTPOOL_SCHEDULER_ID: 'scheduler-0' },
  'scheduler-1': { GISTPOOL_EPS: '0.5', GISTPOOL_SCHEDULER_ID: 'scheduler-1' },
  'worker-0': workerEnv('card-0'),
  'worker-1': workerEnv('card-1'),
};

function workerEnv(card: string): Record<string, string> {
  return {
    GISTPOOL_CARD: card,
    GISTPOOL_MODEL_PATH: MODEL,
    GISTPOOL_DEVICE: 'cpu',
    // The rows of a replay equal the single steps that they stand for: texts can be compared.
    GISTPOOL_KV_TYPE: 'f32',
    GISTPOOL_LANES: '3x256,1x512',
  };
}

/** A whole pool: Redis, api, two schedulers and two workers, each a process of its own that is started again when it ends. */
export class ChaosPool {
  private readonly parts = new Map<PartName, Part>();

  private constructor(
    readonly folder: string,
    readonly redis: RedisSide,
    /** Blobs are on a small disk of their own. */
    readonly hasSmallDisk: boolean,
  ) {}

  static async start(topology: Topology): Promise<ChaosPool> {
    const folder = await temporaryFolder();
    const blobs = join(folder, 'blobs');
    mkdirSync(blobs);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${BLOB_MIB}m`, 'tmpfs', blobs]);
    const redis = await startRedisSide(folder, topology, PARTS);
    const pool = new ChaosPool(folder, redis, mounted.status === 0);
    for (const name of PARTS) {
      const part = new Part({
        name,
        program: `${name.replace(/-\d$/, '')}/main`,
        folder,
        env: {
          ...COMMON,
          GISTPOOL_DATA_DIR: folder,
          GISTPOOL_REDIS_URL: redis.urlFor(name),
          GISTPOOL_LOG_LEVEL: 'info',
          ...ENV[name],
        },
      });
      pool.parts.set(name, part);
      part.start();
    }
    await pool.isWhole();
    return pool;
  }

  part(name: PartName): Part {
    const part = this.parts.get(name);
    if (part === undefined) throw new Error(`there is no ${name}`);
    return part;
  }

  /** The api answers, somebody leads, and both cards are there. */
  async isWhole(): Promise<void> {
    await eventually(
      'the pool is whole',
      async () => {
        const fleet = await this.fleet().catch(() => undefined);
        return fleet?.cards.length === 2 && fleet.scheduler.leader !== null;
      },
      300_000,
    );
  }

  fleet(): Promise<FleetView> {
    return this.ask(FleetView, '/v1/fleet');
  }

  job(id: string): Promise<JobView> {
    return this.ask(JobView, `/v1/jobs/${id}`);
  }

  /** As a client does that nobody told whether its request arrived: with a key, again and again. */
  submit(job: JobRequestInput, key: string): Promise<string> {
    return eventually('a job is accepted', async () => {
      const headers = { 'content-type': 'application/json', 'idempotency-key': key };
      const answer = await this.reach('/v1/jobs', { method: 'POST', headers, body: JSON.stringify(job) });
      if (answer?.ok) return ((await answer.json()) as { id: string }).id;
      if (answer !== undefined && answer.status < 500 && answer.status !== 409)
        throw new Error(`a job was refused: ${answer.status} ${await answer.text()}`);
      return undefined;
    });
  }

  /** As whatever release answers it says it; undefined while nobody does. */
  async stateOf(id: string): Promise<string | undefined> {
    const answer = await this.reach(`/v1/jobs/${id}`);
    if (!answer?.ok) return undefined;
    return ((await answer.json()) as { state: string }).state;
  }

  async story(id: string): Promise<JobEvent[]> {
    const text = await eventually('the events can be read', async () => {
      const answer = await this.reach(`/v1/jobs/${id}/events`);
      return answer?.ok && answer.text().catch(() => undefined);
    });
    return [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JobEvent.parse(JSON.parse(data)));
  }

  /** Ends that nobody had asked for, since this was asked last. */
  surprises(): string[] {
    return [...this.parts.values()].flatMap((part) =>
      part.ends
        .splice(0)
        .filter(({ wasAsked }) => !wasAsked)
        .map(({ code, signal }) => `${part.name} ended by itself: ${String(code ?? signal)}`),
    );
  }

  async remove(): Promise<void> {
    await Promise.all([...this.parts.values()].map((part) => part.stop()));
    await this.redis.stop();
    if (this.hasSmallDisk) spawnSync('umount', ['-l', join(this.folder, 'blobs')]);
    await removeFolder(this.folder);
  }

  private ask<S extends z.ZodType>(schema: S, path: string): Promise<z.infer<S>> {
    return eventually(`GET ${path} is answered`, async () => {
      const answer = await this.reach(path);
      if (answer === undefined || answer.status >= 500) return undefined;
      if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
      return schema.parse(await answer.json());
    });
  }

  /** Undefined: nobody answered. */
  private async reach(path: string, init: RequestInit = {}): Promise<Response | undefined> {
    const { url } = this.part('api');
    if (url === undefined) return undefined;
    return fetch(url + path, { ...init, signal: AbortSignal.timeout(REQUEST_MS) }).catch(() => undefined);
  }
}
