import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobEvent } from '@gistpool/contracts';
import { errorOf } from '../testing/errors';
import { SseClient } from '../testing/sse';
import { TestPool, USAGE } from '../testing/test-pool';

let pool: TestPool;
beforeAll(async () => {
  pool = await TestPool.start();
});
afterAll(() => pool.stop());

const listen = (id: string, headers: Record<string, string> = {}, query = '') =>
  new SseClient(`${pool.api.url}/v1/jobs/${id}/events${query}`, headers);

async function openStreams(): Promise<number> {
  const text = await (await pool.fetch('/metrics')).text();
  return Number(/^gistpool_event_streams (\d+)$/m.exec(text)?.[1]);
}

const text = (thought: number, words: string): JobEvent => ({ type: 'text', thought, text: words });

/** A job of a tenant of its own, in the hands of the stand-in worker. */
async function running(tenant: string) {
  const { id } = await pool.submit({ prompt: 'x', tenant });
  return { id, lease: await pool.worker.takeNext(`reasoning.nano.${tenant}`) };
}

describe('the events of a job', () => {
  it('come as they happen, with stream id, type and data, and the stream ends with the job', async () => {
    const { id, lease } = await running('live');
    const client = listen(id);
    await client.opened;
    expect(client.status).toBe(200);
    await lease.report([text(0, 'line\nbreak 🧮 \u2028')], { state: 'thinking' });
    await expect.poll(() => client.messages.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
    await lease.report([
      { type: 'compression', thought: 0, cells_before: 40, cells_after: 12 },
      { type: 'answer', text: '4' },
    ]);
    await lease.complete(USAGE, 'stop');
    await client.ended;
    for (const { event, data } of client.messages) expect(JobEvent.parse(data).type).toBe(event);
    const types = client.messages.map((message) => message.event);
    expect(types.slice(0, 2)).toEqual(['state', 'state']);
    expect(types).toEqual(expect.arrayContaining(['text', 'compression', 'answer']));
    expect(client.messages.find((message) => message.event === 'text')?.data).toEqual(
      text(0, 'line\nbreak 🧮 \u2028'),
    );
    expect(client.messages.at(-1)?.data).toMatchObject({ type: 'state', state: 'completed' });
    expect(client.text).toContain('retry: ');
  });

  it('go on where a client left off, by Last-Event-ID or ?after=, nothing twice and nothing missing', async () => {
    const { id, lease } = await running('resume');
    await lease.report(Array.from({ length: 20 }, (_, i) => text(i, `t${i}`)));
    const first = listen(id);
    await expect.poll(() => first.messages.length, { timeout: 10_000 }).toBe(22);
    first.leave();
    const seen = first.messages.slice(0, 9);
    await lease.report(Array.from({ length: 5 }, (_, i) => text(20 + i, `t${20 + i}`)));
    await lease.complete(USAGE, 'stop');
    const last = seen.at(-1)?.id ?? '';
    const byHeader = listen(id, { 'Last-Event-ID': last }, '?after=0-0');
    const byQuery = listen(id, {}, `?after=${last}`);
    const whole = listen(id);
    await Promise.all([byHeader.ended, byQuery.ended, whole.ended]);
    expect([...seen, ...byHeader.messages]).toEqual(whole.messages);
    expect(byQuery.messages).toEqual(byHeader.messages);
    const ids = whole.messages.map((message) => message.id);
    expect(new Set(ids).size).toBe(ids.length);
    // A browser would come back for ever; 204 tells it to stop.
    const after = listen(id, { 'Last-Event-ID': ids.at(-1) ?? '' });
    await after.ended;
    expect(after.status).toBe(204);
  });

  it('can be read again after the job ended', async () => {
    const { id } = await pool.submit({ prompt: 'x' });
    await pool.fetch(`/v1/jobs/${id}`, { method: 'DELETE' });
    const client = listen(id);
    await client.ended;
    expect(client.messages.map((message) => message.data)).toMatchObject([
      { state: 'waiting' },
      { state: 'cancelled' },
    ]);
  });

  it('answer a HEAD request at once', async () => {
    const job = await pool.submit({ prompt: 'x' });
    const answer = await pool.fetch(`/v1/jobs/${job.id}/events`, { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    expect(await openStreams()).toBe(0);
  });

  it.each(['abc', '1-2-3', '99999999999999999999-0'])('refuse %s as a place to begin', async (id) => {
    const job = await pool.submit({ prompt: 'x' });
    expect(await errorOf(await pool.fetch(`/v1/jobs/${job.id}/events?after=${id}`))).toMatchObject({
      status: 400,
      param: 'after',
    });
    const headers = { 'last-event-id': id };
    expect(await errorOf(await pool.fetch(`/v1/jobs/${job.id}/events`, { headers }))).toMatchObject({
      status: 400,
    });
  });
});

describe('clients that listen', () => {
  it('leave nothing behind when they go', async () => {
    const { id } = await pool.submit({ prompt: 'x' });
    const clients = Array.from({ length: 20 }, () => listen(id));
    await expect.poll(openStreams, { timeout: 10_000 }).toBe(20);
    for (const client of clients) client.leave();
    await expect.poll(openStreams, { timeout: 10_000 }).toBe(0);
  });

  it('may be 500 at once: all are told everything, and other requests are served meanwhile', async () => {
    const { id, lease } = await running('crowd');
    const clients = Array.from({ length: 500 }, () => listen(id));
    await Promise.all(clients.map((client) => client.opened));
    for (let i = 0; i < 10; i += 1) await lease.report([text(i, `t${i}`)]);
    expect((await pool.fetch('/v1/fleet')).status).toBe(200);
    await lease.complete(USAGE, 'stop');
    await Promise.all(clients.map((client) => client.ended));
    const [first] = clients;
    expect(first?.messages.filter((message) => message.event === 'text')).toHaveLength(10);
    expect(clients.filter((client) => client.messages.length !== first?.messages.length)).toEqual([]);
    expect(await openStreams()).toBe(0);
  });

  it('are let go when the api stops', async () => {
    const other = await TestPool.start();
    const job = await other.submit({ prompt: 'x' });
    const client = new SseClient(`${other.api.url}/v1/jobs/${job.id}/events`);
    await client.opened;
    await other.stop();
    await client.ended;
    expect(client.status).toBe(200);
  });
});
