import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { DeliveryPage, WebhookMessage } from '@gistpool/contracts';
import { errorOf } from '../testing/errors';
import { Receiver } from '../testing/receiver';
import { TestPool, USAGE } from '../testing/test-pool';
import { AddressRefused } from './address';
import { postMessage } from './post-message';

const secret = () => `whsec_${randomBytes(32).toString('base64')}`;
const [SECRET, OLD_SECRET] = [secret(), secret()];

let pool: TestPool;
let receiver: Receiver | undefined;
beforeAll(async () => {
  pool = await TestPool.start({
    env: {
      GISTPOOL_WEBHOOKS_SECRET: `${SECRET},${OLD_SECRET}`,
      GISTPOOL_WEBHOOKS_PRIVATE: '1',
      GISTPOOL_WEBHOOKS_BACKOFF_MS: '20',
      GISTPOOL_WEBHOOKS_ATTEMPTS: '3',
    },
  });
});
afterAll(() => pool.stop());
afterEach(() => receiver?.stop());

const soon = { timeout: 20_000 };
const deliveries = async (path: string) =>
  DeliveryPage.parse(await (await pool.fetch(`${path}/deliveries`)).json()).data;

describe('a webhook', () => {
  it('is told of the end of a job, signed with every secret as Standard Webhooks says', async () => {
    const { url, received } = (receiver = await Receiver.start());
    const job = await pool.submit({ prompt: 'a', tenant: 'told', webhook: { url: `${url}/hook?x=1` } });
    await (await pool.worker.takeNext('reasoning.nano.told')).complete(USAGE, 'stop');
    await expect.poll(() => received, soon).toHaveLength(1);
    const [{ headers, body } = { headers: {}, body: '' }] = received;
    for (const key of [SECRET, OLD_SECRET])
      expect(new Webhook(key).verify(body, headers as Record<string, string>)).toBeTypeOf('object');
    expect(() => new Webhook(secret()).verify(body, headers as Record<string, string>)).toThrow();
    expect(headers['webhook-id']).toBe(`msg_${job.id}_completed_1`);
    const message = WebhookMessage.parse(JSON.parse(body));
    expect(message).toMatchObject({
      type: 'job.completed',
      data: { id: job.id, state: 'completed', usage: USAGE },
    });
    await expect
      .poll(() => deliveries(`/v1/jobs/${job.id}`), soon)
      .toMatchObject([
        { id: headers['webhook-id'], attempt: 1, outcome: 'delivered', status: 204, error: null },
      ]);
  });

  it('is told of the wanted ends only', async () => {
    const { url, received } = (receiver = await Receiver.start());
    const webhook = { url, events: ['failed', 'expired'] };
    const silent = await pool.submit({ prompt: 'a', tenant: 'silent', webhook });
    await pool.fetch(`/v1/jobs/${silent.id}`, { method: 'DELETE' });
    await pool.submit({ prompt: 'a', tenant: 'silent', webhook });
    await (await pool.worker.takeNext('reasoning.nano.silent')).fail({ code: 'x', message: 'x' });
    await expect
      .poll(() => received.map(({ body }) => (JSON.parse(body) as { type: string }).type), soon)
      .toEqual(['job.failed']);
  });

  it('is tried again with the same id and body until it is taken, and given up after the last attempt', async () => {
    const { url, received } = (receiver = await Receiver.start([500, 503, 200, 500, 500, 500]));
    const end = async () => {
      const { id } = await pool.submit({ prompt: 'a', webhook: { url } });
      await pool.fetch(`/v1/jobs/${id}`, { method: 'DELETE' });
      return id;
    };
    const taken = await end();
    await expect
      .poll(
        async () => (await deliveries(`/v1/jobs/${taken}`)).map(({ outcome, status }) => [outcome, status]),
        soon,
      )
      .toEqual([
        ['failed', 500],
        ['failed', 503],
        ['delivered', 200],
      ]);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    const lost = await end();
    await expect
      .poll(async () => (await deliveries(`/v1/jobs/${lost}`)).map(({ outcome }) => outcome), soon)
      .toEqual(['failed', 'failed', 'gave_up']);
  });

  it('is not sent where a redirect points, and not again to who is gone', async () => {
    const { url, received } = (receiver = await Receiver.start([302, 410]));
    const { id } = await pool.submit({ prompt: 'a', webhook: { url } });
    await pool.fetch(`/v1/jobs/${id}`, { method: 'DELETE' });
    await expect
      .poll(
        async () => (await deliveries(`/v1/jobs/${id}`)).map(({ outcome, status }) => [outcome, status]),
        soon,
      )
      .toEqual([
        ['failed', 302],
        ['gave_up', 410],
      ]);
    expect(received).toHaveLength(2);
  });

  it('is told of the end of a batch', async () => {
    const { url, received } = (receiver = await Receiver.start());
    const form = new FormData();
    form.set('purpose', 'batch');
    form.set('file', new Blob(['nonsense\n']), 'lines.jsonl');
    const file = (await (await pool.fetch('/v1/files', { method: 'POST', body: form })).json()) as {
      id: string;
    };
    const body = {
      input_file_id: file.id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      gistpool: { webhook: { url } },
    };
    const batch = (await (await pool.post('/v1/batches', JSON.stringify(body))).json()) as { id: string };
    await expect.poll(() => received, soon).toHaveLength(1);
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
      type: 'batch.failed',
      data: { id: batch.id, status: 'failed' },
    });
    await expect
      .poll(() => deliveries(`/v1/batches/${batch.id}`), soon)
      .toMatchObject([{ outcome: 'delivered' }]);
  });
});

describe('an address that is not public', () => {
  let strict: TestPool;
  beforeAll(async () => {
    strict = await TestPool.start({ env: { GISTPOOL_WEBHOOKS_SECRET: SECRET } });
  });
  afterAll(() => strict.stop());

  it.each([
    ...['http://127.0.0.1/', 'http://2130706433/', 'http://0x7f.1/', 'http://[::1]/', 'http://localhost:80/'],
    ...[
      'http://169.254.169.254/latest',
      'https://10.1.2.3/',
      'http://[::ffff:127.0.0.1]/',
      'http://a.localhost/',
    ],
  ])('%s is refused with the request', async (url) => {
    const answer = await strict.post('/v1/jobs', JSON.stringify({ prompt: 'a', webhook: { url } }));
    expect(await errorOf(answer)).toMatchObject({
      status: 422,
      code: 'webhook_refused',
      param: 'webhook.url',
    });
  });

  it('is not connected to where a name leads there, even if it led elsewhere a moment ago', async () => {
    const { url, received } = (receiver = await Receiver.start());
    const { port } = new URL(url);
    for (const addresses of [['127.0.0.1'], ['93.184.216.34', '127.0.0.1'], ['::ffff:127.0.0.1']]) {
      const sent = postMessage(`http://rebound.example:${port}/`, {}, '{}', {
        mayBePrivate: false,
        resolve: (_host, done) =>
          done(
            null,
            addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
          ),
      });
      await expect(sent).rejects.toThrow(AddressRefused);
    }
    expect(received).toEqual([]);
    const allowed = postMessage(`http://rebound.example:${port}/`, {}, '{}', {
      mayBePrivate: true,
      resolve: (_host, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    expect(await allowed).toBe(204);
  });

  it.each([
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:1',
    'nonsense',
    'http://a:b@example.com/',
  ])('%s is refused by its form', async (url) => {
    const answer = await pool.post('/v1/jobs', JSON.stringify({ prompt: 'a', webhook: { url } }));
    expect([400, 422]).toContain((await errorOf(answer)).status);
  });
});

it('a pool without a secret refuses webhooks and says which setting is missing', async () => {
  const plain = await TestPool.start();
  const webhook = { url: 'https://example.com/' };
  const error = await errorOf(await plain.post('/v1/jobs', JSON.stringify({ prompt: 'a', webhook })));
  expect(error).toMatchObject({ status: 422, code: 'webhook_refused' });
  expect(error.message).toContain('GISTPOOL_WEBHOOKS_SECRET');
  await plain.stop();
});
