import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PoolClient } from '../client/pool-client';
import { poolKeys } from '../client/pool-keys';
import { CliError, EXIT } from '../exit';
import { ROOT } from '../root';
import { metricsPortEnv } from './metrics-port';
import type { CardPlan, PoolPlan } from './plan';
import { claimDataDir, readPoolFile, removePoolFile, writePoolFile } from './pool-file';
import { tryPort } from './port';
import { isOurs, kill, waitUntilGone } from './process-table';
import { SupervisedProcess, type ProcessListener, type ProcessPlan } from './supervised-process';

/** Exit codes after which another start would end the same way: wrong settings, and a model that was refused. */
const BAD_SETTINGS = 2;
const WORKER_MODEL_REFUSED = 3;
/** Loading a large model from a slow disk takes minutes. */
const READY_MS = 600_000;
const POLL_MS = 50;
/** How long Redis stays for the others when their supervisor was killed. */
const REDIS_OUTLIVES_MS = 3000;
const GRACE_MS = 12_000;
/** Longer than children take to end by themselves once their supervisor was killed. */
const ORPHAN_GRACE_MS = 12_000;

export interface PoolWatcher {
  /** A line worth telling the user. */
  notice(text: string): void;
  /** Every line of every process, for --verbose. */
  line?(process: string, text: string): void;
}

/** All processes of a pool on this machine, started in order, kept alive, and ended in order. */
export class Pool {
  private readonly processes: SupervisedProcess[] = [];
  private readonly pids = new Map<string, number>();
  /** Of this supervisor and of commands on the same folder: see pool.json. */
  private readonly key = randomBytes(32).toString('base64url');
  private redisUrl: string | undefined;
  private apiUrl: string | undefined;
  private isReady = false;
  private isStopping = false;
  private stopped: Promise<void> | undefined;
  private giveUp: (error: CliError) => void = () => undefined;
  /** Rejects when a process ended that must not be started again. */
  readonly broken: Promise<never>;

  private constructor(
    private readonly plan: PoolPlan,
    private readonly watcher: PoolWatcher,
  ) {
    this.broken = new Promise((_, reject) => (this.giveUp = reject));
    this.broken.catch(() => undefined);
  }

  /** Resolves when the pool takes jobs; on any failure nothing is left running. */
  static async start(plan: PoolPlan, watcher: PoolWatcher, signal: AbortSignal): Promise<Pool> {
    const pool = new Pool(plan, watcher);
    await pool.claim();
    try {
      await pool.launch(signal);
      return pool;
    } catch (error) {
      await pool.stop();
      throw error;
    }
  }

  get url(): string {
    if (this.apiUrl === undefined) throw new Error('the api is not up yet');
    return this.apiUrl;
  }

  /** Jobs in the slots go back to the queue with their checkpoints. */
  stop(): Promise<void> {
    this.stopped ??= this.stopInOrder();
    return this.stopped;
  }

  /** Ends everything now. Nothing that Redis has acknowledged is lost. */
  kill(): void {
    this.isStopping = true;
    for (const process of this.processes) process.kill();
    this.killRedis();
    removePoolFile(this.plan.dataDir);
  }

  private async stopInOrder(): Promise<void> {
    this.isStopping = true;
    const ofKind = (kind: string) => this.processes.filter((process) => process.name.startsWith(kind));
    for (const kind of ['api', 'scheduler', 'worker', 'redis']) {
      await Promise.all(ofKind(kind).map((process) => process.stop(GRACE_MS)));
    }
    removePoolFile(this.plan.dataDir);
  }

  private async claim(): Promise<void> {
    const { dataDir } = this.plan;
    for (;;) {
      if (claimDataDir(dataDir)) return;
      const other = readPoolFile(dataDir);
      if (other !== undefined && other.pid !== process.pid && isOurs(other.pid)) {
        const where = other.url === null ? 'is starting' : `runs at ${other.url}`;
        throw new CliError(
          `a pool on ${dataDir} ${where} (pid ${other.pid}); stop it first, or choose another folder with --data-dir`,
        );
      }
      // Left by a supervisor that was killed: its children notice and end by themselves.
      const orphans = Object.values(other?.processes ?? {});
      if (orphans.some(isOurs)) this.watcher.notice('waiting for the processes of a killed pool to end');
      await waitUntilGone(orphans, ORPHAN_GRACE_MS);
      removePoolFile(dataDir);
    }
  }

  private async launch(signal: AbortSignal): Promise<void> {
    const { dataDir, host, port, cards, scheduling, requiresKey } = this.plan;
    const free = await tryPort(host, port);
    if (!free.ok) throw new CliError(portMessage(host, port, free.why), EXIT.usage);
    mkdirSync(join(dataDir, 'logs'), { recursive: true });
    const redis = await tryPort('127.0.0.1', 0);
    if (!redis.ok) throw new CliError(`no free port on 127.0.0.1 for Redis (${redis.why})`);
    const redisUrl = `redis://127.0.0.1:${redis.port}`;
    this.redisUrl = redisUrl;

    // All at once: every part waits for Redis by itself.
    this.supervise({
      name: 'redis-keeper',
      program: 'cli/redis-keeper',
      args: [join(dataDir, 'redis'), String(redis.port)],
      env: () => ({ GISTPOOL_ORPHAN_DELAY_MS: String(REDIS_OUTLIVES_MS) }),
    });
    this.supervise({
      name: 'scheduler',
      program: 'scheduler/main',
      env: () => ({ GISTPOOL_REDIS_URL: redisUrl, ...scheduling, ...metricsPortEnv(0) }),
    });
    for (const [index, card] of cards.entries()) {
      this.supervise({
        name: `worker-${index}`,
        program: 'worker/main',
        finalExitCodes: [BAD_SETTINGS, WORKER_MODEL_REFUSED],
        env: () => ({ GISTPOOL_REDIS_URL: redisUrl, ...metricsPortEnv(1 + index), ...cardEnv(card) }),
      });
    }
    this.supervise({
      name: 'api',
      program: 'api/main',
      env: () => ({
        GISTPOOL_REDIS_URL: redisUrl,
        GISTPOOL_HOST: host,
        GISTPOOL_PORT: this.portNow(),
        GISTPOOL_LOCAL_KEY: this.key,
        ...(requiresKey && { GISTPOOL_REQUIRE_KEY: 'true' }),
      }),
    });
    for (const process of this.processes) process.start();
    await Promise.race([this.ready(signal), this.broken]);
    this.save();
  }

  /** `program` is relative to the folder of the built programs, without its `.js`. */
  private supervise(part: {
    name: string;
    program: string;
    args?: readonly string[];
    env?: () => NodeJS.ProcessEnv;
    finalExitCodes?: readonly number[];
  }): void {
    const { dataDir, logLevel } = this.plan;
    const { name, program, args = [], env = () => ({}), finalExitCodes = [BAD_SETTINGS] } = part;
    const plan: ProcessPlan = {
      name,
      program: join(ROOT, 'dist', `${program}.js`),
      args,
      preload: join(ROOT, 'dist', 'cli', 'child.js'),
      logPath: join(dataDir, 'logs', `${name}.log`),
      finalExitCodes,
      env: () => ({
        ...process.env,
        GISTPOOL_DATA_DIR: dataDir,
        GISTPOOL_LOG_LEVEL: logLevel,
        ...this.plan.settings,
        ...env(),
      }),
    };
    this.processes.push(new SupervisedProcess(plan, this.listener));
  }

  private readonly listener: ProcessListener = {
    line: (name, stream, text) => {
      this.watcher.line?.(name, text);
      if (stream === 1) this.hear(name, text);
    },
    started: (name, pid) => this.note(name, pid),
    ended: (name, how, pauseMs, plainLines) => {
      this.pids.delete(name);
      // Its keeper was killed: the next one needs the port.
      if (name === 'redis-keeper') this.killRedis();
      if (pauseMs !== undefined) {
        this.watcher.notice(`${name} ended (${how}); starting it again in ${pauseMs / 1000} s`);
        return;
      }
      const why = plainLines.join('\n') || `see ${join(this.plan.dataDir, 'logs', `${name}.log`)}`;
      const isRefused = how === `exit code ${WORKER_MODEL_REFUSED}`;
      this.giveUp(
        new CliError(
          isRefused
            ? `${name} cannot serve its model: ${why}`
            : `${name} cannot run with these settings: ${why}`,
          isRefused ? EXIT.modelRefused : EXIT.usage,
        ),
      );
    },
  };

  private hear(name: string, line: string): void {
    if (name !== 'api' && name !== 'redis-keeper') return;
    const { url, pid } = announcementIn(line);
    if (name === 'api') this.apiUrl ??= url;
    else if (pid !== undefined) this.note('redis', pid);
  }

  private killRedis(): void {
    const pid = this.pids.get('redis');
    if (pid !== undefined && isOurs(pid)) kill(pid);
    this.pids.delete('redis');
  }

  /** Whichever port the first start of the api got is kept by its later ones. */
  private portNow(): string {
    return this.apiUrl === undefined ? String(this.plan.port) : new URL(this.apiUrl).port;
  }

  private note(name: string, pid: number): void {
    this.pids.set(name, pid);
    this.save();
  }

  private save(): void {
    if (this.isStopping) return;
    writePoolFile(this.plan.dataDir, {
      url: this.isReady ? this.url : null,
      pid: process.pid,
      processes: Object.fromEntries(this.pids),
      ...(this.redisUrl !== undefined && { redisUrl: this.redisUrl }),
      key: this.key,
    });
  }

  /** The api answers, a scheduler leads, and every card is there. */
  private async ready(signal: AbortSignal): Promise<void> {
    const deadlineMs = Date.now() + READY_MS;
    while (!(await this.takesJobs())) {
      signal.throwIfAborted();
      if (Date.now() > deadlineMs) {
        throw new CliError(
          `the pool is not ready after ${READY_MS / 1000} s; see ${join(this.plan.dataDir, 'logs')}`,
        );
      }
      await sleep(POLL_MS);
    }
    this.isReady = true;
    poolKeys.learn(this.url, this.key);
  }

  private async takesJobs(): Promise<boolean> {
    if (this.apiUrl === undefined) return false;
    try {
      const fleet = await new PoolClient(this.apiUrl, 0, undefined, this.key).fleet();
      const present = new Set(fleet.cards.map((card) => card.card));
      return fleet.scheduler.leader !== null && this.plan.cards.every((card) => present.has(card.name));
    } catch {
      return false;
    }
  }
}

const cardEnv = ({ name, modelPath, settings }: CardPlan): NodeJS.ProcessEnv => ({
  GISTPOOL_CARD: name,
  GISTPOOL_MODEL_PATH: modelPath,
  ...settings,
});

/** The line on stdout with which a server says that it is up. */
function announcementIn(line: string): { url?: string; pid?: number } {
  try {
    return JSON.parse(line) as { url?: string; pid?: number };
  } catch {
    return {};
  }
}

function portMessage(host: string, port: number, why: string): string {
  if (why === 'EADDRINUSE') {
    return `port ${port} on ${host} is in use; choose another with --port PORT (0 = any free one)`;
  }
  if (why === 'EACCES')
    return `port ${port} needs more rights than this user has; choose one above 1023 with --port PORT`;
  return `cannot listen on ${host} port ${port} (${why}); choose others with --host and --port`;
}
