import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
export const MODEL = join(ROOT, 'models', 'gistpool-nano-qwen2.gguf');

/** Leases short enough that a test need not wait long for a dead worker's jobs. */
const TEST_SETTINGS = { GISTPOOL_LEASE_MS: '2000', GISTPOOL_HEARTBEAT_MS: '100' };

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The launcher, as a user calls it. */
export class Gistpool {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const child = spawn(join(ROOT, 'gistpool'), args, {
      env: { ...process.env, ...TEST_SETTINGS, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.child = child;
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('gistpool did not start');
    return this.child.pid;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }
}

export const gistpool = (args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> =>
  new Gistpool(args, env).ended;

/** What `<data dir>/pool.json` says. */
export interface PoolFile {
  readonly url: string | null;
  readonly pid: number;
  readonly processes: Readonly<Record<string, number>>;
}

export function poolFile(dataDir: string): PoolFile | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'pool.json'), 'utf8')) as PoolFile;
  } catch {
    return undefined;
  }
}

export const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'gistpool e2e-'));
export const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    // No /proc: the signal has answered.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && process.platform !== 'linux';
  }
}
