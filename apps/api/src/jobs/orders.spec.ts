import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BulkReceipt, JobLog, OrderReceipt, QueuePage, type JobPage } from '@gistpool/contracts';
import { errorOf } from '../testing/errors';
import { TestPool, USAGE } from '../testing/test-pool';

let pool: TestPool;
beforeAll(async () => {
  pool = await TestPool.start();
});
afterAll(() => pool.stop());

const order = async (id: string, what: string) => {
  const answer = await pool.fetch(`/v1/jobs/${id}/${what}`, { method: 'POST' });
  expect(answer.status).toBe(200);
  return OrderReceipt.parse(await answer.json());
};
const bulk = async (action: string, body: object) => {
  const answer = await pool.post(`/v1/jobs/${action}`, JSON.stringify(body));
  expect([200, 202]).toContain(answer.status);
  return BulkReceipt.parse(await answer.json());
};
const refusal = async (path: string, body: object) => errorOf(await pool.post(path, JSON.stringify(body)));

describe('submitting with more than a prompt', () => {
  it('keeps tags, times, retries and the dedupe key, and shows them', async () => {
    const notBefore = Date.now() + 3_600_000;
    const job = await pool.submit({
      prompt: 'a',
      tags: ['red', 'blue'],
      not_before: new Date(notBefore).toISOString(),
      deadline: notBefore + 1000,
      retries: 3,
      dedupe_key: 'k',
      tenant: 'timely',
    });
    expect(job).toMatchObject({
      state: 'delayed',
      tags: ['red', 'blue'],
      not_before_ms: notBefore,
      deadline_ms: notBefore + 1000,
      retries: 3,
      failed_attempts: 0,
      dedupe_key: 'k',
    });
    expect(await pool.get(job.id)).toEqual(job);
    const again = await pool.post(
      '/v1/jobs',
      JSON.stringify({ prompt: 'b', dedupe_key: 'k', tenant: 'timely' }),
    );
    expect(again.status).toBe(200);
    expect(await again.json()).toEqual(job);
    const tagged = (await (await pool.fetch('/v1/jobs?tag=blue')).json()) as JobPage;
    expect(tagged.data.map(({ id }) => id)).toEqual([job.id]);
    const counts = (await (await pool.fetch('/v1/jobs/counts?tag=blue')).json()) as { states: object };
    expect(counts.states).toMatchObject({ delayed: 1, waiting: 0 });
  });

  it.each([
    [{ delay_ms: 5, not_before: 5 }, 'delay_ms'],
    [{ deadline: 5 }, 'deadline'],
    [{ delay_ms: 60_000, deadline: Date.now() + 30_000 }, 'deadline'],
    [{ not_before: Date.now() + 40 * 86_400_000 }, 'not_before'],
    [{ tags: ['a', 'a'] }, 'tags'],
    [{ retries: 21 }, 'retries'],
  ])('refuses %j and names the field', async (more, param) => {
    expect(await refusal('/v1/jobs', { prompt: 'a', ...more })).toMatchObject({ status: 400, param });
  });
});

describe('orders about one job', () => {
  it('pause and resume it, and its log tells so', async () => {
    const { id } = await pool.submit({ prompt: 'a', tenant: 'paused' });
    expect(await order(id, 'pause')).toMatchObject({ outcome: 'paused', state: 'paused' });
    expect(await order(id, 'resume')).toMatchObject({ outcome: 'resumed', state: 'waiting' });
    expect(await order(id, 'resume')).toMatchObject({ outcome: 'unchanged' });
    const log = JobLog.parse(await (await pool.fetch(`/v1/jobs/${id}/log`)).json());
    expect(log.data.map(({ kind }) => kind)).toEqual(['submitted', 'paused', 'unpaused']);
    const lease = await pool.worker.takeNext('reasoning.nano.paused');
    expect(await order(id, 'pause')).toMatchObject({ outcome: 'pausing' });
    await lease.pause();
    expect(await pool.get(id)).toMatchObject({ state: 'paused' });
    await pool.fetch(`/v1/jobs/${id}`, { method: 'DELETE' });
    expect(await errorOf(await pool.fetch(`/v1/jobs/${id}/pause`, { method: 'POST' }))).toMatchObject({
      status: 409,
      code: 'job_ended',
    });
  });

  it('retry it when it has failed, and say why not else', async () => {
    const { id } = await pool.submit({ prompt: 'a', tenant: 'retried' });
    const retry = () => pool.fetch(`/v1/jobs/${id}/retry`, { method: 'POST' });
    expect(await errorOf(await retry())).toMatchObject({ status: 409, code: 'not_retriable' });
    await (await pool.worker.takeNext('reasoning.nano.retried')).fail({ code: 'x', message: 'x' });
    expect(await order(id, 'retry')).toMatchObject({ outcome: 'retried', state: 'waiting' });
    await (await pool.worker.takeNext('reasoning.nano.retried')).complete(USAGE, 'stop');
    expect((await errorOf(await retry())).message).toContain('has completed');
  });

  it.each(['pause', 'resume', 'retry'])('to %s one that never was are 404', async (what) => {
    const answer = await pool.fetch(`/v1/jobs/job_none/${what}`, { method: 'POST' });
    expect(await errorOf(answer)).toMatchObject({ status: 404, code: 'job_not_found' });
  });
});

describe('pausing a queue', () => {
  it('shows in the list and in the placement of its jobs, until it is resumed', async () => {
    const { id } = await pool.submit({ prompt: 'a', tenant: 'still' });
    const queue = { model: 'nano', tenant: 'still' };
    const paused = QueuePage.parse(await (await pool.post('/v1/queues/pause', JSON.stringify(queue))).json());
    expect(paused.data).toContainEqual({ ...queue, waiting: 1, paused: true });
    const whole = await pool.post('/v1/queues/pause', JSON.stringify({ model: 'nano' }));
    expect(((await whole.json()) as QueuePage).data).toContainEqual({
      ...{ model: 'nano', tenant: null, waiting: 0, paused: true },
    });
    for (const of of [queue, { model: 'nano' }]) await pool.post('/v1/queues/resume', JSON.stringify(of));
    const none = QueuePage.parse(await (await pool.fetch('/v1/queues')).json());
    expect(none.data.filter((one) => one.paused)).toEqual([]);
    await pool.fetch(`/v1/jobs/${id}`, { method: 'DELETE' });
  });
});

describe('orders about many jobs', () => {
  it('change what the filter leaves; a dry run only counts', async () => {
    const filter = { tag: 'many', state: ['waiting', 'delayed'] };
    for (let at = 0; at < 6; at += 1)
      await pool.submit({ prompt: 'a', tags: ['many'], tenant: 'many', ...(at < 2 && { delay_ms: 60_000 }) });
    await pool.submit({ prompt: 'a', tenant: 'many' });
    const dry = await bulk('cancel', { filter, dry_run: true });
    expect(dry).toMatchObject({ id: null, matched: 6, changed: 6, states: { waiting: 4, delayed: 2 } });
    expect(await bulk('reprioritize', { filter, priority: 7 })).toMatchObject({ matched: 6, changed: 6 });
    const page = (await (await pool.fetch('/v1/jobs?tag=many')).json()) as JobPage;
    expect(page.data.map(({ priority }) => priority)).toEqual([7, 7, 7, 7, 7, 7]);
    const done = await bulk('cancel', { filter: { tag: 'many', older_than_ms: 0 } });
    expect(done).toMatchObject({ status: 'done', matched: 6, changed: 6, skipped: 0 });
    expect(await (await pool.fetch(`/v1/jobs/bulk/${done.id}`)).json()).toEqual(done);
    expect(await bulk('retry', { filter: { tag: 'many', tenant: 'many' } })).toMatchObject({ changed: 6 });
    expect(await bulk('cancel', { filter: { tag: 'many', older_than_ms: 3_600_000 } })).toMatchObject({
      matched: 0,
    });
    expect(await bulk('cancel', { filter: { tenant: 'many' } })).toMatchObject({ matched: 7, changed: 7 });
    expect(await bulk('cancel', { filter: { tenant: 'many' } })).toMatchObject({ matched: 7, skipped: 7 });
  });

  it('go on in the background where there are many, in pieces', async () => {
    const lines = Array.from({ length: 3_000 }, (_, at) => JSON.stringify({ prompt: `${at}`, task: 'lots' }));
    await pool.batch(lines.join('\n'));
    const first = await bulk('cancel', { filter: { task: 'lots' } });
    await expect
      .poll(async () => (await (await pool.fetch(`/v1/jobs/bulk/${first.id}`)).json()) as BulkReceipt, {
        timeout: 60_000,
      })
      .toMatchObject({ status: 'done', matched: 3_000, changed: 3_000 });
    const counts = await (await pool.fetch('/v1/jobs/counts?task=lots')).json();
    expect(counts).toMatchObject({ states: { cancelled: 3_000 } });
  }, 120_000);

  it.each([
    [{}, 'filter'],
    [{ filter: {} }, 'filter'],
    [{ filter: { colour: 'red' } }, 'filter.colour'],
  ])('with %j are refused', async (body, param) => {
    expect(await refusal('/v1/jobs/cancel', body)).toMatchObject({ status: 400, param });
  });
});
