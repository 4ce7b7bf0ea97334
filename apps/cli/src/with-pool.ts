import { PoolClient } from './client/pool-client';
import { poolKeys } from './client/pool-keys';
import { interruptSignal } from './interrupt';
import type { Output } from './output';
import { planPool, type PoolOptions } from './pool/plan';
import { Pool } from './pool/pool';
import { readPoolFile } from './pool/pool-file';
import { isOurs } from './pool/process-table';

/** How long a command bears with an api that is being started again, or whose workers are kept from answering. */
const PATIENCE_MS = 120_000;

/** The pool that runs on a data folder, if one does. */
export function runningPool(dataDir: string): { url: string } | undefined {
  const file = readPoolFile(dataDir);
  if (file === undefined || file.url === null || !isOurs(file.pid)) return undefined;
  if (file.key !== undefined) poolKeys.learn(file.url, file.key);
  return { url: file.url };
}

/** Gives `work` a pool: the one at `url`, else the one that runs on the data folder, else one for as long as it takes. */
export async function withPool<T>(
  options: PoolOptions & { url?: string },
  output: Output,
  work: (client: PoolClient, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { signal } = interruptSignal();
  const say = (text: string) => output.progress(`gistpool: ${text}`);
  const url = options.url ?? runningPool(options.dataDir)?.url;
  if (url !== undefined) {
    await new PoolClient(url).fleet();
    return untilAborted(work(new PoolClient(url, PATIENCE_MS, say), signal), signal);
  }
  output.progress('gistpool: no pool is running; starting one for this command\n');
  const pool = await Pool.start(
    planPool(options),
    { notice: (text) => output.progress(`gistpool: ${text}\n`) },
    signal,
  );
  try {
    const work_ = work(new PoolClient(pool.url, PATIENCE_MS, say), signal);
    return await untilAborted(Promise.race([work_, pool.broken]), signal);
  } finally {
    await pool.stop();
  }
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
