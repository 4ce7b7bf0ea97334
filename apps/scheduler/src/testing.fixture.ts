import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Builds the scheduler as it is run; `name` keeps the bundles of tests that run at the same time apart. */
export async function bundleScheduler(name: string): Promise<string> {
  const bundle = fileURLToPath(new URL(`../dist/${name}.mjs`, import.meta.url));
  await build({
    entryPoints: [fileURLToPath(new URL('main.ts', import.meta.url))],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['bullmq', 'ioredis', 'pino', 'prom-client', '@opentelemetry/*', 'zod'],
  });
  return bundle;
}

/** A scheduler in a process of its own. */
export function runBundle(bundle: string, env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [bundle], { env: { PATH: process.env['PATH'], ...env } });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, ended, said: () => said };
}
