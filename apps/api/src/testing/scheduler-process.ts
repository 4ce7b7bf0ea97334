import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { QueueConfig } from '@gistpool/queue';

const MAIN = fileURLToPath(new URL('../../../scheduler/src/main.ts', import.meta.url));
/** Inside the repository, so that packages are found from it. */
const CACHE = fileURLToPath(new URL('../../../../node_modules/', import.meta.url));

/** The pool's own scheduler as a process, which imports may not reach from here. `stop` resolves when it has ended. */
export async function startScheduler(
  { redisUrl, prefix, leaseMs }: QueueConfig,
  env: Readonly<Record<string, string>>,
): Promise<{ stop(): Promise<void> }> {
  const folder = await mkdtemp(join(CACHE, '.scheduler-'));
  const bundle = join(folder, 'main.mjs');
  await build({
    entryPoints: [MAIN],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['bullmq', 'ioredis', 'pino', 'prom-client', '@opentelemetry/*', 'zod'],
  });
  const child = spawn(process.execPath, [bundle], {
    env: {
      PATH: process.env['PATH'],
      GISTPOOL_REDIS_URL: redisUrl,
      GISTPOOL_REDIS_PREFIX: prefix,
      GISTPOOL_LEASE_MS: String(leaseMs),
      GISTPOOL_LOG_LEVEL: 'warn',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  return { stop };
}
