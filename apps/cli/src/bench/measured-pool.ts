import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planPool, type PoolOptions } from '../pool/plan';
import { Pool, type PoolWatcher } from '../pool/pool';

/** What a benchmark says of its pool; the rest is the same for all of them. */
export type MeasuredPool = Omit<PoolOptions, 'port' | 'host' | 'dataDir' | 'device' | 'logLevel'> & {
  readonly logLevel?: string;
  /** Settings of every process. */
  readonly settings?: Readonly<Record<string, string>>;
};

type Measure<T> = (pool: { readonly url: string; readonly dataDir: string }) => Promise<T>;

/** A pool of its own on the CPU, with all of its processes as `gistpool up` starts them and nothing kept of it. */
export async function inMeasuredPool<T>(
  options: MeasuredPool,
  signal: AbortSignal,
  measure: Measure<T>,
  watcher: Partial<PoolWatcher> = {},
): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gistpool-bench-'));
  try {
    return await inPoolAt(dataDir, options, signal, measure, watcher);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** The same on a folder of the caller's: what the pool learns there it knows the next time. */
export async function inPoolAt<T>(
  dataDir: string,
  options: MeasuredPool,
  signal: AbortSignal,
  measure: Measure<T>,
  watcher: Partial<PoolWatcher> = {},
): Promise<T> {
  const { settings = {}, ...rest } = options;
  const planned = planPool({
    logLevel: 'info',
    ...rest,
    port: 0,
    host: '127.0.0.1',
    device: 'cpu',
    dataDir,
  });
  const plan = { ...planned, settings };
  const pool = await Pool.start(plan, { notice: () => undefined, ...watcher }, signal);
  try {
    return await Promise.race([measure({ url: pool.url, dataDir }), pool.broken]);
  } finally {
    await pool.stop();
  }
}
