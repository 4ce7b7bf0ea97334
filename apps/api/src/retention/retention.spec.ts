import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it } from 'vitest';
import { FileBlobStore } from '@gistpool/blob';
import { connectJobs } from '@gistpool/queue';
import { join } from 'node:path';
import { Ids, madeAtMs } from '../jobs/ids';
import { TestPool, USAGE } from '../testing/test-pool';
import { outdatedOf } from './sweep-blobs';

let pool: TestPool | undefined;
afterEach(async () => {
  await pool?.stop();
  pool = undefined;
});
const start = (env: Record<string, string>) =>
  TestPool.start({ env: { GISTPOOL_KEEP_LOOK_MS: '100', GISTPOOL_KEEP_SWEEP_MS: '100', ...env } });
const soon = { timeout: 30_000 };
const DAY_MS = 86_400_000;
const result = { answer: 'x', text: 'x', thoughts: [], finish_reason: 'stop' as const };

async function completed(of: TestPool): Promise<string> {
  const { id } = await of.submit({ prompt: 'a', tags: ['kept'], task: 'kept' });
  await of.putResult(id, result);
  await (await of.worker.takeNext('reasoning.nano.default')).complete(USAGE, 'stop');
  return id;
}

describe('ids', () => {
  it('tell when they were made', () => {
    expect(madeAtMs(new Ids(() => 1_700_000_000_000).next('file'))).toBe(1_700_000_000_000);
    expect(madeAtMs(`${new Ids(() => 5).next('job')}-17`)).toBe(5);
    for (const other of ['x', 'job_1_2', '', '..']) expect(madeAtMs(other)).toBeUndefined();
  });
});

describe('results that are outdated', () => {
  it('are the oldest, no more than it takes to come down to the size, and all that are too old', () => {
    const results = fc.array(fc.record({ jobId: fc.uuid(), bytes: fc.nat(100), finishedAtMs: fc.nat(1000) }));
    fc.assert(
      fc.property(
        results,
        fc.integer({ min: 1, max: 2000 }),
        fc.nat(1000),
        (ended, resultsBytes, resultsMs) => {
          const gone = new Set(outdatedOf(ended, { resultsBytes, resultsMs }, 1000));
          const left = ended.filter((one) => !gone.has(one));
          expect(left.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(resultsBytes);
          if (resultsMs > 0)
            for (const { finishedAtMs } of left) expect(1000 - finishedAtMs).toBeLessThanOrEqual(resultsMs);
          const youngestGone = Math.max(-1, ...[...gone].map(({ finishedAtMs }) => finishedAtMs));
          for (const { finishedAtMs } of left) expect(finishedAtMs).toBeGreaterThanOrEqual(youngestGone);
        },
      ),
    );
  });
});

describe('retention', () => {
  it('keeps so many records of each final state, and with a record goes all that belongs to it', async () => {
    pool = await start({ GISTPOOL_KEEP_JOBS: '2' });
    const ids: string[] = [];
    for (let at = 0; at < 4; at += 1) ids.push(await completed(pool));
    const statuses = async () =>
      Promise.all(ids.map(async (id) => (await pool?.fetch(`/v1/jobs/${id}`))?.status));
    await expect.poll(statuses, soon).toEqual([404, 404, 200, 200]);
    const redis = new Redis(pool.redis.url);
    const left = (await redis.keys(`gistpool:*${ids[0]}*`)).filter((key) => !key.includes(':bull:'));
    const tagged = await redis.zcard('gistpool:jobs:tag:kept');
    redis.disconnect();
    expect(left).toEqual([]);
    expect(tagged).toBe(2);
    const blobs = new FileBlobStore(join(pool.config.GISTPOOL_DATA_DIR, 'blobs'));
    await expect
      .poll(() => Promise.all(ids.map((id) => blobs.size(`results/${id}.json`))), soon)
      .toEqual([...[undefined, undefined], ...[expect.any(Number), expect.any(Number)]]);
  });

  it('takes records and results that are too old', async () => {
    pool = await start({ GISTPOOL_KEEP_RESULTS_DAYS: String(100 / DAY_MS) });
    const id = await completed(pool);
    await expect.poll(() => pool?.get(id), soon).toMatchObject({ state: 'completed', result_deleted: true });
    expect((await pool.get(id)).result).toBeUndefined();
    await pool.stop();
    pool = await start({ GISTPOOL_KEEP_JOBS_DAYS: String(100 / DAY_MS) });
    const other = await completed(pool);
    await expect.poll(async () => (await pool?.fetch(`/v1/jobs/${other}`))?.status, soon).toBe(404);
  });

  it('deletes blobs that nobody knows, once they are a day old', async () => {
    pool = await start({});
    const blobs = new FileBlobStore(join(pool.config.GISTPOOL_DATA_DIR, 'blobs'));
    const old = new Ids(() => Date.now() - 2 * DAY_MS);
    const young = new Ids(() => Date.now() - 60_000);
    const gone = [
      `files/${old.next('file')}`,
      `results/${old.next('job')}.json`,
      `batches/${old.next('batch')}/output/000000`,
    ];
    const kept = [
      `files/${young.next('file')}`,
      `results/${young.next('job')}.json`,
      'files/of-somebody-else',
    ];
    for (const key of [...gone, ...kept]) await blobs.put(key, 'x');
    const sizes = (keys: string[]) => Promise.all(keys.map((key) => blobs.size(key)));
    await expect.poll(() => sizes(gone), soon).toEqual([undefined, undefined, undefined]);
    expect(await sizes(kept)).toEqual([1, 1, 1]);
  });

  it('leaves the number of keys bounded after many jobs', async () => {
    pool = await start({ GISTPOOL_KEEP_JOBS: '100' });
    const jobs = Number(process.env['GISTPOOL_TEST_JOBS'] ?? 3_000);
    const queue = connectJobs(pool.queueConfig);
    const redis = new Redis(pool.redis.url);
    const sample = await pool.submit({ prompt: 'a' });
    const record = await queue.get(sample.id);
    if (record === undefined) throw new Error('no record');
    const ids = new Ids();
    for (let made = 0; made < jobs; made += 500) {
      const some = Array.from({ length: 500 }, () => ({
        ...record,
        id: ids.next('job'),
        tags: ['many'],
        dedupeKey: ids.next('job'),
        deadlineMs: Date.now() + DAY_MS,
      }));
      await queue.submit(some);
      await queue.orders.cancelMany(some.map(({ id }) => id));
    }
    await expect.poll(() => redis.zcard('gistpool:jobs:state:cancelled'), { timeout: 120_000 }).toBe(100);
    const keys = await redis.dbsize();
    // A record, its log and its events of each that is kept, and of others events that run out within minutes.
    expect(
      (await redis.keys('gistpool:job:*')).filter((key) => !key.endsWith(':events')).length,
    ).toBeLessThanOrEqual(3 * 101);
    expect(keys).toBeLessThan(3 * 101 + 100);
    redis.disconnect();
    await queue.close();
  }, 600_000);
});
