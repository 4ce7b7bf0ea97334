import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { connectFleet } from '@gistpool/queue';
import { TestRedis } from '@gistpool/queue/testing';

const bundle = fileURLToPath(new URL('../dist/main.spec.mjs', import.meta.url));
let redis: TestRedis;

beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL('main.ts', import.meta.url))],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['bullmq', 'ioredis', 'pino', 'zod'],
  });
  redis = await TestRedis.start();
});
afterAll(() => redis.stop());

function run(env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [bundle], { env: { PATH: process.env['PATH'], ...env } });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, ended, said: () => said };
}

it('names every wrong setting and ends with 2', async () => {
  const { ended, said } = run({ GISTPOOL_LEASE_MS: 'soon', GISTPOOL_REDIS_URL: 'localhost' });
  expect(await ended).toBe(2);
  expect(said()).toContain('GISTPOOL_LEASE_MS=soon');
  expect(said()).toContain('GISTPOOL_REDIS_URL=localhost');
});

it('leads until it is asked to stop, over a Redis that goes and comes', async () => {
  const { redisUrl, prefix } = redis.config;
  const fleet = connectFleet(redis.config);
  const { child, ended, said } = run({
    GISTPOOL_REDIS_URL: redisUrl,
    GISTPOOL_REDIS_PREFIX: prefix,
    GISTPOOL_SCHEDULER_ID: 'one',
    GISTPOOL_LEASE_MS: '800',
  });
  const soon = { timeout: 20_000, interval: 50 };
  await vi.waitFor(async () => expect(await fleet.leader()).toBe('one'), soon);
  await redis.kill();
  await vi.waitFor(() => expect(said()).toContain('redis is away'), soon);
  await redis.restart();
  await vi.waitFor(() => expect(said()).toContain('redis is back'), soon);
  await vi.waitFor(async () => expect(await fleet.leader()).toBe('one'), soon);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(said()).toContain('stopped');
  expect(await fleet.leader()).toBeNull();
  await fleet.close();
});
