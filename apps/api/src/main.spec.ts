import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiConfig } from '@gistpool/config';
import type { JobView } from '@gistpool/contracts';
import { queueConfigOf, startRedis, type RunningRedis } from '@gistpool/queue';
import { SseClient } from './testing/sse';
import { StandInCard } from './testing/stand-in-card';

const SOURCE = fileURLToPath(new URL('./main.ts', import.meta.url));
/** Inside the repository, so that packages are found from it. */
const BUILT = fileURLToPath(new URL(`../node_modules/.cache/main-${process.pid}.mjs`, import.meta.url));

let folder: string;
let redis: RunningRedis;
beforeAll(async () => {
  await mkdir(join(BUILT, '..'), { recursive: true });
  await build({
    entryPoints: [SOURCE],
    outfile: BUILT,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
    plugins: [
      {
        name: 'packages-stay-outside',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
            kind === 'entry-point' || path.startsWith('@gistpool/') ? undefined : { path, external: true },
          ),
      },
    ],
  });
  folder = await mkdtemp(join(tmpdir(), 'api-main-'));
  redis = await startRedis({ dir: join(folder, 'redis') });
});
afterAll(async () => {
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
  await rm(BUILT, { force: true });
});

function start(env: Record<string, string>): { child: ChildProcess; output: { out: string; err: string } } {
  const child = spawn(process.execPath, [BUILT], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: 'pipe',
  });
  const output = { out: '', err: '' };
  child.stdout?.on('data', (chunk: Buffer) => (output.out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output.err += chunk.toString()));
  return { child, output };
}

async function submitted(url: string): Promise<JobView> {
  const card = await StandInCard.announce(queueConfigOf(ApiConfig.parse({ GISTPOOL_REDIS_URL: redis.url })));
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/v1/jobs`, { method: 'POST', headers, body: '{"prompt": "x"}' });
  await card.close();
  return (await answer.json()) as JobView;
}

describe('the api as a process', () => {
  it('says its address in one line of JSON when it is ready, and ends cleanly on SIGTERM with a stream open', async () => {
    const { child, output } = start({
      GISTPOOL_PORT: '0',
      GISTPOOL_REDIS_URL: redis.url,
      GISTPOOL_DATA_DIR: folder,
    });
    await expect.poll(() => output.out, { timeout: 30_000 }).toMatch(/\n$/);
    const { url } = JSON.parse(output.out) as { url: string };
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await fetch(`${url}/queues`)).status).toBe(200);
    const { id } = await submitted(url);
    const stream = new SseClient(`${url}/v1/jobs/${id}/events`);
    await expect.poll(() => stream.messages.length, { timeout: 10_000 }).toBe(1);
    child.kill('SIGTERM');
    await stream.ended;
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(output.out.trim().split('\n')).toHaveLength(1);
    for (const line of output.err.trim().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  it('names every wrong setting at once and ends with 2', async () => {
    const { child, output } = start({
      GISTPOOL_PORT: 'many',
      GISTPOOL_REDIS_URL: 'http://x',
      GISTPOOL_LOG_LEVEL: 'loud',
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(2);
    expect(output.out).toBe('');
    for (const name of ['GISTPOOL_PORT=many', 'GISTPOOL_REDIS_URL=http://x', 'GISTPOOL_LOG_LEVEL=loud']) {
      expect(output.err).toContain(name);
    }
  });

  it('ends with 1 and says why when its port is taken', async () => {
    const port = new URL(redis.url).port;
    const { child, output } = start({
      GISTPOOL_PORT: port,
      GISTPOOL_REDIS_URL: redis.url,
      GISTPOOL_DATA_DIR: folder,
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(1);
    expect(output.err).toContain('EADDRINUSE');
    expect(output.out).toBe('');
  });
});
