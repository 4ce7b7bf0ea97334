import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { connectFleet } from '@gistpool/queue';
import { TestRedis } from '@gistpool/queue/testing';
import { bundleScheduler, runBundle } from './testing.fixture';

let bundle: string;
let redis: TestRedis;

beforeAll(async () => {
  bundle = await bundleScheduler('main.spec');
  redis = await TestRedis.start();
});
afterAll(() => redis.stop());

const run = (env: NodeJS.ProcessEnv) => runBundle(bundle, env);

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
    GISTPOOL_LEAD_MS: '800',
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
