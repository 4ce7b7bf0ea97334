import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchObject, JobPage, JobView } from '@gistpool/contracts';
import { errorOf } from '../testing/errors';
import { TestPool } from '../testing/test-pool';

let pool: TestPool;
beforeAll(async () => {
  pool = await TestPool.start();
});
afterAll(() => pool.stop());

const send = (key: string, body: object, path = '/v1/jobs') =>
  pool.fetch(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
  });
const jobsOf = async (task: string) =>
  ((await (await pool.fetch(`/v1/jobs?task=${task}`)).json()) as JobPage).data;

describe('an Idempotency-Key', () => {
  it('leads to the same answer again, whatever has become of the job and however its fields are ordered', async () => {
    const first = await send('one', { prompt: 'a b', task: 'once' });
    expect(first.status).toBe(201);
    const job = (await first.json()) as JobView;
    await pool.fetch(`/v1/jobs/${job.id}`, { method: 'DELETE' });
    const again = await send('one', { task: 'once', prompt: 'a b' });
    expect(again.status).toBe(201);
    expect(again.headers.get('location')).toBe(`/v1/jobs/${job.id}`);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await again.json()).toEqual(job);
    expect(await jobsOf('once')).toHaveLength(1);
  });

  it('with another body is refused by its name', async () => {
    await send('two', { prompt: 'a' });
    const error = await errorOf(await send('two', { prompt: 'b' }));
    expect(error).toMatchObject({ status: 422, code: 'idempotency_key_reused', param: 'idempotency-key' });
    expect(error.message).toContain('Idempotency-Key two');
  });

  it('makes one job of ten requests at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => send('ten', { prompt: 'a', task: 'ten' })),
    );
    const ids = await Promise.all(answers.map(async (answer) => ((await answer.json()) as JobView).id));
    expect(new Set(ids).size).toBe(1);
    expect(await jobsOf('ten')).toHaveLength(1);
  });

  it('is free again after a refusal, and each tenant has its own', async () => {
    expect((await send('free', { prompt: 'a', model: 'giant' })).status).toBe(400);
    const [mine, theirs] = await Promise.all([
      send('free', { prompt: 'a' }),
      send('free', { prompt: 'b', tenant: 'other' }),
    ]);
    expect([mine.status, theirs.status]).toEqual([201, 201]);
  });

  it('is kept for a day', async () => {
    await send('day', { prompt: 'a' });
    const { Redis } = await import('ioredis');
    const redis = new Redis(pool.redis.url);
    const keys = await redis.keys('gistpool:idempotency:jobs:default:*');
    const ttls = await Promise.all(keys.map((key) => redis.pttl(key)));
    redis.disconnect();
    expect(ttls.length).toBeGreaterThan(0);
    for (const ms of ttls) expect(ms).toBeGreaterThan(23.9 * 3_600_000);
    for (const ms of ttls) expect(ms).toBeLessThanOrEqual(24 * 3_600_000);
  });

  it('makes a batch once, too', async () => {
    const form = new FormData();
    form.set('purpose', 'batch');
    form.set('file', new Blob(['{}\n']), 'lines.jsonl');
    const file = (await (await pool.fetch('/v1/files', { method: 'POST', body: form })).json()) as {
      id: string;
    };
    const body = { input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' };
    const batches = await Promise.all([1, 2, 3].map(() => send('batch', body, '/v1/batches')));
    const ids = await Promise.all(batches.map(async (answer) => ((await answer.json()) as BatchObject).id));
    expect(new Set(ids).size).toBe(1);
    const other = await send('batch', { ...body, completion_window: '1h' }, '/v1/batches');
    expect(other.status).toBe(422);
  });

  it.each(['', 'x'.repeat(256)])('of %j is refused', async (key) => {
    expect(await errorOf(await send(key, { prompt: 'a' }))).toMatchObject({
      status: 400,
      param: 'idempotency-key',
    });
  });
});
