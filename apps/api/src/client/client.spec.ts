import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GistpoolClient, GistpoolError } from '@gistpool/client';
import { TestPool, USAGE } from '../testing/test-pool';
import { echoOf, StandInWorker } from '../testing/stand-in-worker';

let pool: TestPool;
let client: GistpoolClient;
beforeAll(async () => {
  pool = await TestPool.start();
  client = new GistpoolClient({ url: `${pool.api.url}/` });
});
afterAll(() => pool.stop());

describe('the client', () => {
  it('submits, follows and waits for jobs', async () => {
    const worker = new StandInWorker(pool);
    const { id, state } = await client.submit({ prompt: 'hello there' });
    expect(state).toBe('waiting');
    const job = await client.wait(id);
    await worker.stop();
    expect(job).toMatchObject({ state: 'completed', usage: USAGE, result: echoOf('hello there') });
    const events = [];
    for await (const placed of client.events(id)) events.push(placed);
    const words = events.map(({ event }) => (event.type === 'state' ? event.state : event.type));
    expect([words[0], words[1], words.at(-2), words.at(-1)]).toEqual([
      'waiting',
      'placed',
      'usage',
      'completed',
    ]);
    const rest = [];
    for await (const { id: at } of client.events(id, { after: events.at(-2)?.id ?? '' })) rest.push(at);
    expect(rest).toEqual([events.at(-1)?.id]);
    expect((await client.log(id)).data.at(-1)).toMatchObject({ kind: 'ended' });
  });

  it('sends batches, and lists them page by page', async () => {
    const receipt = await client.batch([
      ...Array.from({ length: 12 }, (_, at) => ({ prompt: `${at}`, task: 'paged', tenant: 'paged' })),
      { prompt: '', task: 'paged' },
    ]);
    expect(receipt).toMatchObject({ accepted: 12, rejected: 1 });
    const ids = [];
    for await (const { id } of client.all({ task: 'paged', limit: 5 })) ids.push(id);
    expect(ids.toSorted()).toEqual(receipt.jobs.map(({ id }) => id).toSorted());
    expect((await client.counts({ task: 'paged' })).states.waiting).toBe(12);
    expect(await client.cancelMany({ task: 'paged' }, { dryRun: true })).toMatchObject({ matched: 12 });
    expect(await client.reprioritize({ task: 'paged' }, 3)).toMatchObject({ changed: 12 });
    expect(await client.cancelMany({ task: 'paged' })).toMatchObject({ changed: 12 });
    expect(await client.retryMany({ task: 'paged' })).toMatchObject({ changed: 12 });
  });

  it('pauses, resumes, cancels and retries', async () => {
    const { id } = await client.submit({ prompt: 'a', tenant: 'ordered' });
    expect(await client.pause(id)).toMatchObject({ outcome: 'paused' });
    expect(await client.resume(id)).toMatchObject({ outcome: 'resumed' });
    expect(await client.cancel(id)).toMatchObject({ outcome: 'cancelled' });
    expect(await client.retry(id)).toMatchObject({ outcome: 'retried', state: 'waiting' });
    expect((await client.deliveries(id)).data).toEqual([]);
  });

  it('throws what the pool refuses, with its code', async () => {
    const refused = client.submit({ prompt: 'a', model: 'giant' });
    await expect(refused).rejects.toThrow(GistpoolError);
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'unknown_model', param: 'model' });
    await expect(client.get('job_none')).rejects.toMatchObject({ code: 'job_not_found' });
  });

  it('asks again as long as the pool says so, and makes no second job by it', async () => {
    // Before the real api: refuses twice, then breaks off after the job was made, then lets everything through.
    const seen: (string | undefined)[] = [];
    const proxy = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', async () => {
        const key = request.headers['idempotency-key'] as string;
        seen.push(key);
        if (seen.length <= 2) {
          const status = seen.length === 1 ? 429 : 503;
          return response.writeHead(status, { 'retry-after': '0' }).end('{}');
        }
        const headers = { 'content-type': 'application/json', 'idempotency-key': key };
        const answer = await pool.fetch(request.url ?? '', { method: 'POST', body, headers });
        if (seen.length === 3) return request.socket.destroy();
        return response
          .writeHead(answer.status, { 'content-type': 'application/json' })
          .end(await answer.text());
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const { id } = await new GistpoolClient({ url }).submit({ prompt: 'a', task: 'insisted' });
    proxy.closeAllConnections();
    proxy.close();
    expect(seen).toHaveLength(4);
    expect(new Set(seen).size).toBe(1);
    expect((await client.list({ task: 'insisted' })).data.map((job) => job.id)).toEqual([id]);
  });

  it('gives up when it is told to stop', async () => {
    const { id } = await client.submit({ prompt: 'a', tenant: 'endless' });
    await expect(client.wait(id, { signal: AbortSignal.timeout(300) })).rejects.toThrow();
  });
});
