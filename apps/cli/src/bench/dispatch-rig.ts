import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseConfig, SchedulerConfig } from '@gistpool/config';
import { connectFleet, connectJobs, queueConfigOf, startRedis, type Jobs } from '@gistpool/queue';
import { CliError } from '../exit';
import { ROOT } from '../root';
import { IdleCard } from './idle-card';

const LEADS_WITHIN_MS = 30_000;
const LOOK_MS = 20;

export interface RigListener {
  taken: (jobId: string) => void;
  ended: (jobId: string) => void;
}

/** The processes that share the work, by their number. */
export interface RigProcesses {
  readonly redis: number;
  readonly scheduler: number;
  /** Submits, and stands in for the cards. */
  readonly bench: number;
}

/** A real redis-server with its append-only file, the scheduler's own process, and cards without an engine. */
export class DispatchRig {
  private constructor(
    readonly jobs: Jobs,
    readonly processes: RigProcesses,
    private readonly parts: readonly (() => Promise<unknown>)[],
  ) {}

  static async start(cards: number, slots: number, hear: RigListener): Promise<DispatchRig> {
    /** What ends what was started, in the order of starting. */
    const parts: (() => Promise<unknown>)[] = [];
    try {
      const dir = await mkdtemp(join(tmpdir(), 'gistpool-dispatch-'));
      parts.push(() => rm(dir, { recursive: true, force: true }));
      const redis = await startRedis({ dir: join(dir, 'redis') });
      parts.push(() => redis.stop());
      const env = { GISTPOOL_REDIS_URL: redis.url, GISTPOOL_DATA_DIR: dir };
      const scheduler = startScheduler(env, join(dir, 'scheduler.log'));
      parts.push(() => endOf(scheduler));
      const config = configFor(env);
      await leads(config);
      const started = await Promise.all(
        Array.from({ length: cards }, (_, card) => IdleCard.start(config, `idle-${card}`, slots, hear)),
      );
      parts.push(() => Promise.all(started.map((card) => card.stop())));
      const jobs = connectJobs(config);
      parts.push(() => jobs.close());
      const processes = { redis: redis.pid, scheduler: scheduler.pid ?? 0, bench: process.pid };
      return new DispatchRig(jobs, processes, parts);
    } catch (error) {
      await endAll(parts);
      throw error;
    }
  }

  stop(): Promise<void> {
    return endAll(this.parts);
  }
}

async function endAll(parts: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const end of [...parts].reverse()) await end();
}

function startScheduler(env: NodeJS.ProcessEnv, logPath: string): ChildProcess {
  const log = createWriteStream(logPath);
  const child = spawn(process.execPath, [join(ROOT, 'dist', 'scheduler', 'main.js')], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.pipe(log);
  child.stderr.pipe(log, { end: false });
  return child;
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

function configFor(env: Record<string, string>) {
  const parsed = parseConfig(SchedulerConfig, env);
  if (!parsed.ok) throw new CliError(parsed.problems.join('\n'));
  return queueConfigOf(parsed.config);
}

async function leads(config: ReturnType<typeof configFor>): Promise<void> {
  const fleet = connectFleet(config);
  const deadlineMs = Date.now() + LEADS_WITHIN_MS;
  try {
    while ((await fleet.leader()) === null) {
      if (Date.now() > deadlineMs) {
        throw new CliError(`no scheduler leads after ${LEADS_WITHIN_MS / 1000} s; was dist built?`);
      }
      await sleep(LOOK_MS);
    }
  } finally {
    await fleet.close();
  }
}
