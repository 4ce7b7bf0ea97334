import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planPool, type PoolOptions } from '../pool/plan';
import { Pool, type PoolWatcher } from '../pool/pool';

/** What a benchmark says of its pool; the rest is the same for all of them. */
export type MeasuredPool = Omit<PoolOptions, 'port' | 'host' | 'dataDir' | 'device' | 'logLevel'> & {
  readonly logLevel?: string;
};

/** A pool of its own on the CPU, with all of its processes as `gistpool up` starts them and nothing kept of it. */
export async function inMeasuredPool<T>(
  options: MeasuredPool,
  signal: AbortSignal,
  measure: (pool: { readonly url: string; readonly dataDir: string }) => Promise<T>,
  watcher: Partial<PoolWatcher> = {},
): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gistpool-bench-'));
  try {
    const plan = planPool({
      logLevel: 'info',
      ...options,
      port: 0,
      host: '127.0.0.1',
      device: 'cpu',
      dataDir,
    });
    const pool = await Pool.start(plan, { notice: () => undefined, ...watcher }, signal);
    try {
      return await Promise.race([measure({ url: pool.url, dataDir }), pool.broken]);
    } finally {
      await pool.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
