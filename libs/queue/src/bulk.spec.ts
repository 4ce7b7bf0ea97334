import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobFilter } from '@gistpool/contracts';
import { connectDispatch } from './dispatch';
import { forgetOldJobs } from './forget';
import { connectJobs } from './jobs';
import { namesFor } from './names';
import { openRedis } from './connection';
import { aJob, TestRedis } from './testing.fixture';
import type { Jobs } from './types';

let redis: TestRedis;
let jobs: Jobs;

beforeAll(async () => {
  redis = await TestRedis.start();
  jobs = connectJobs(redis.config);
});

afterAll(async () => {
  await jobs.close();
  await redis.stop();
});

async function* pages(filter: Partial<JobFilter>) {
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Jobs['list']>> = await jobs.list(
      JobFilter.parse({ ...filter, ...(cursor === null ? {} : { cursor }) }),
    );
    yield page.jobs;
    cursor = page.nextCursor;
  } while (cursor !== null);
}

async function idsOf(filter: Partial<JobFilter>): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of pages(filter)) ids.push(...page.map((job) => job.id));
  return ids;
}

describe('many jobs', () => {
  const submitted = Array.from({ length: 5_000 }, (_, n) =>
    aJob({
      tenant: n % 5 === 0 ? 'few' : 'many',
      batch: n < 100 ? 'small' : 'large',
      ...(n % 2 === 0 ? { task: 'even' } : {}),
    }),
  );
  const newestFirst = submitted.map((job) => job.id).reverse();

  it('are taken in one go within seconds', async () => {
    const beganMs = Date.now();
    await jobs.submit(submitted);
    expect(Date.now() - beganMs).toBeLessThan(20_000);
    expect(await jobs.counts()).toMatchObject({ waiting: 5_000, running: 0 });
    const dispatch = connectDispatch(redis.config, 's');
    expect((await dispatch.queues()).map(({ tenant, waiting }) => [tenant, waiting])).toEqual([
      ['few', 1_000],
      ['many', 4_000],
    ]);
    await dispatch.close();
  });

  it('are there once when they are submitted again', async () => {
    await jobs.submit(submitted.slice(0, 300));
    expect(await jobs.counts()).toMatchObject({ waiting: 5_000 });
  });

  it('are paged through newest first, each exactly once', async () => {
    expect(await idsOf({ limit: 500 })).toEqual(newestFirst);
  });

  it('are paged through exactly once while others come in and others end', async () => {
    const seen: string[] = [];
    for await (const page of pages({ limit: 250 })) {
      seen.push(...page.map((job) => job.id));
      await jobs.submit([aJob({ tenant: 'other', batch: 'other' })]);
    }
    expect(seen).toEqual(newestFirst);
  });

  it('are filtered by batch, tenant, task, state, and by several at once', async () => {
    expect(await idsOf({ batch: 'small', limit: 30 })).toEqual(newestFirst.slice(-100));
    expect(await idsOf({ tenant: 'few', limit: 500 })).toHaveLength(1_000);
    expect(await idsOf({ task: 'even', tenant: 'few', limit: 500 })).toHaveLength(500);
    const gone = submitted[17];
    await jobs.cancel(gone?.id ?? '');
    expect(await idsOf({ state: 'cancelled' })).toEqual([gone?.id]);
    expect(await idsOf({ state: 'cancelled', tenant: 'nobody' })).toEqual([]);
    expect(await idsOf({ state: 'waiting', batch: 'small', limit: 500 })).toHaveLength(99);
  });

  it('that ended long ago are forgotten beyond a number', async () => {
    const raw = openRedis(redis.config, 'test');
    for (const job of submitted.slice(20, 25)) await jobs.cancel(job.id);
    expect(await forgetOldJobs(raw, namesFor('test'), { jobs: 2 })).toHaveLength(4);
    expect(await idsOf({ state: 'cancelled' })).toEqual([submitted[24]?.id, submitted[23]?.id]);
    expect(await jobs.get(submitted[17]?.id ?? '')).toBeUndefined();
    expect(await idsOf({ batch: 'small', limit: 500 })).toHaveLength(96);
    await raw.quit();
  });

  it('with an id that BullMQ cannot take are refused before anything is written', async () => {
    const before = await jobs.counts();
    await expect(jobs.submit([aJob(), aJob({ id: '42' })])).rejects.toThrow('"42" cannot be a job');
    expect(await jobs.counts()).toEqual(before);
  });
});
