import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchReceipt, JobCounts, JobPage, JobView, KeyIssued, TenantView } from '@gistpool/contracts';
import { errorOf } from '../testing/errors';
import { BOOTSTRAP_KEY, KeyedPool } from '../testing/keyed-pool';
import { USAGE } from '../testing/test-pool';

let keyed: KeyedPool;
let acme: KeyIssued;
let rival: KeyIssued;
/** What acme has. */
const own = { job: '', file: '', batch: '' };

beforeAll(async () => {
  // Lines of a file become jobs one by one.
  keyed = await KeyedPool.start({ env: { GISTPOOL_BATCH_WINDOW: '1' } });
  acme = await keyed.newKey({ tenant: 'acme', scopes: ['submit', 'read'] });
  rival = await keyed.newKey({ tenant: 'rival', scopes: ['submit', 'read'] });
  own.job = (
    (await (await keyed.ask('POST', '/v1/jobs', acme.secret, { prompt: 'mine' })).json()) as JobView
  ).id;
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', new Blob(['{}\n']), '../../etc/lines.jsonl');
  const headers = { authorization: `Bearer ${acme.secret}` };
  const uploaded = await keyed.pool.fetch('/v1/files', { method: 'POST', body: form, headers });
  own.file = ((await uploaded.json()) as { id: string }).id;
  own.batch = (
    (await (
      await keyed.ask('POST', '/v1/batches', acme.secret, {
        input_file_id: own.file,
        endpoint: '/v1/chat/completions',
        completion_window: '24h',
      })
    ).json()) as { id: string }
  ).id;
});
afterAll(() => keyed.stop());

const listed = async (path: string, key: string): Promise<string[]> =>
  ((await (await keyed.ask('GET', path, key)).json()) as { data: { id: string }[] }).data.map(({ id }) => id);

describe('what a tenant has', () => {
  it('is its own by the key that made it', async () => {
    const job = (await (await keyed.ask('GET', `/v1/jobs/${own.job}`, acme.secret)).json()) as JobView;
    expect(job.tenant).toBe('acme');
    expect(await listed('/v1/jobs', acme.secret)).toContain(own.job);
    expect(await listed('/v1/files', acme.secret)).toContain(own.file);
    expect(await listed('/v1/batches', acme.secret)).toContain(own.batch);
  });

  it.each([
    ['GET', () => `/v1/jobs/${own.job}`],
    ['GET', () => `/v1/jobs/${own.job}/request`],
    ['GET', () => `/v1/jobs/${own.job}/placement`],
    ['GET', () => `/v1/jobs/${own.job}/events`],
    ['DELETE', () => `/v1/jobs/${own.job}`],
    ['GET', () => `/v1/files/${own.file}`],
    ['GET', () => `/v1/files/${own.file}/content`],
    ['DELETE', () => `/v1/files/${own.file}`],
    ['GET', () => `/v1/batches/${own.batch}`],
    ['POST', () => `/v1/batches/${own.batch}/cancel`],
  ])('does not exist for another: %s', async (method, path) => {
    const theirs = await errorOf(await keyed.ask(method, path(), rival.secret));
    expect(theirs.status).toBe(404);
    // To the letter what is said of an id that never was.
    const never = path().replace(/(job_|file-|batch_)[0-9a-z]+/, '$1none');
    const unknown = await errorOf(await keyed.ask(method, never, rival.secret));
    expect({ ...theirs, message: '' }).toEqual({ ...unknown, message: '' });
    expect((await keyed.ask('GET', `/v1/jobs/${own.job}`, acme.secret)).status).toBe(200);
  });

  it('is in no list of another, by no filter', async () => {
    for (const query of ['', `?ids=${own.job}`, '?search=mine', '?state=waiting'])
      expect(await listed(`/v1/jobs${query}`, rival.secret)).toEqual([]);
    expect(await listed('/v1/files', rival.secret)).toEqual([]);
    expect(await listed('/v1/batches', rival.secret)).toEqual([]);
    const counts = (await (await keyed.ask('GET', '/v1/jobs/counts', rival.secret)).json()) as JobCounts;
    expect(Object.values(counts.states).reduce((sum, count) => sum + count, 0)).toBe(0);
    expect(counts.oldest_waiting).toBeNull();
    const filtered = await keyed.ask('GET', '/v1/jobs?tenant=acme', rival.secret);
    expect(await errorOf(filtered)).toMatchObject({ status: 403, param: 'tenant' });
  });

  it('cannot be made a batch of by another', async () => {
    const answer = await keyed.ask('POST', '/v1/batches', rival.secret, {
      input_file_id: own.file,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    expect(await errorOf(answer)).toMatchObject({ code: 'file_not_found', param: 'input_file_id' });
  });

  it('is there for an admin, of whatever tenant', async () => {
    for (const path of [`/v1/jobs/${own.job}`, `/v1/files/${own.file}`, `/v1/batches/${own.batch}`])
      expect((await keyed.ask('GET', path, BOOTSTRAP_KEY)).status).toBe(200);
    expect(await listed('/v1/jobs', BOOTSTRAP_KEY)).toContain(own.job);
  });

  it('cannot be named by another key: 403 with the field; an admin may', async () => {
    const body = { prompt: 'a', tenant: 'acme' };
    expect(await errorOf(await keyed.ask('POST', '/v1/jobs', rival.secret, body))).toMatchObject({
      status: 403,
      code: 'forbidden',
      param: 'tenant',
    });
    expect((await keyed.ask('POST', '/v1/jobs', acme.secret, body)).status).toBe(201);
    const byAdmin = await keyed.ask('POST', '/v1/jobs', BOOTSTRAP_KEY, body);
    expect(((await byAdmin.json()) as JobView).tenant).toBe('acme');
    const lines = `${JSON.stringify(body)}\n{"prompt": "b"}\n`;
    const batch = await keyed.ask('POST', '/v1/jobs/batch', rival.secret, lines, {
      'content-type': 'application/x-ndjson',
    });
    const receipt = (await batch.json()) as BatchReceipt;
    expect(receipt.errors).toMatchObject([{ line: 1, error: { code: 'forbidden', param: 'tenant' } }]);
    const page = (await (
      await keyed.ask('GET', `/v1/jobs?batch=${receipt.id}`, rival.secret)
    ).json()) as JobPage;
    expect(page.data.map(({ tenant }) => tenant)).toEqual(['rival']);
  });

  it('has files whose names lead nowhere', async () => {
    const file = (await (await keyed.ask('GET', `/v1/files/${own.file}`, acme.secret)).json()) as {
      filename: string;
    };
    expect(file.filename).toBe('lines.jsonl');
  });

  it('shows in the fleet as work of somebody, without its id', async () => {
    const text = await (await keyed.ask('GET', '/v1/fleet', rival.secret)).text();
    expect(text).not.toContain('job_example0');
    expect(text).toContain('"job":"other"');
    expect(await (await keyed.ask('GET', '/v1/fleet', BOOTSTRAP_KEY)).text()).toContain('job_example0');
  });

  it('shows on the queue board to itself only', async () => {
    const queuesOf = async (key: string, headers = {}): Promise<string[]> => {
      const answer = await keyed.ask('GET', '/queues/api/queues', key, undefined, headers);
      return ((await answer.json()) as { queues: { name: string }[] }).queues.map(({ name }) => name);
    };
    await expect.poll(() => queuesOf(BOOTSTRAP_KEY)).toContain('reasoning.nano.acme');
    expect(await queuesOf(acme.secret)).toEqual(['reasoning.nano.acme']);
    expect(await queuesOf(rival.secret, { 'x-gistpool-seen-tenant': '*' })).not.toContain(
      'reasoning.nano.acme',
    );
    const act = await keyed.ask('PUT', '/queues/api/queues/reasoning.nano.acme/pause', acme.secret, {});
    expect(act.status).toBe(403);
  });
});

describe('quotas', () => {
  const quotasOf = (name: string, quotas: object) =>
    keyed.ask('PATCH', `/v1/tenants/${name}`, BOOTSTRAP_KEY, { quotas });
  const tenant = async (name: string) =>
    (await (await keyed.ask('GET', `/v1/tenants/${name}`, BOOTSTRAP_KEY)).json()) as TenantView;

  it('are set, changed and taken away by an admin', async () => {
    const made = await keyed.ask('POST', '/v1/tenants', BOOTSTRAP_KEY, {
      name: 'limited',
      quotas: { tokens_per_day: 5 },
    });
    expect(made.status).toBe(201);
    const again = await keyed.ask('POST', '/v1/tenants', BOOTSTRAP_KEY, { name: 'limited' });
    expect(await errorOf(again)).toMatchObject({ status: 409, code: 'already_exists' });
    expect((await quotasOf('limited', { requests_per_minute: 7, tokens_per_day: null })).status).toBe(200);
    expect((await tenant('limited')).quotas).toEqual({
      requests_per_minute: 7,
      tokens_per_day: null,
      kv_byte_seconds_per_day: null,
    });
    expect((await quotasOf('nobody', {})).status).toBe(404);
  });

  it('of requests let so many through at once, then say when to come again, in the form of OpenAI', async () => {
    const { secret } = await keyed.newKey({ tenant: 'hasty', scopes: ['submit', 'read'] });
    await quotasOf('hasty', { requests_per_minute: 3 });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => keyed.ask('POST', '/v1/jobs', secret, { prompt: 'a' })),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    expect(refused).toHaveLength(5);
    const [first] = refused;
    expect(Number(first?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(first?.headers.get('retry-after'))).toBeLessThanOrEqual(20);
    expect(first?.headers.get('x-ratelimit-limit-requests')).toBe('3');
    expect(first?.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(first?.headers.get('x-ratelimit-reset-requests')).toMatch(/^(1m0s|\d+s)$/);
    expect((await first?.json()) as object).toEqual({
      error: {
        code: 'rate_limit_exceeded',
        type: 'rate_limit_error',
        param: null,
        message: expect.stringContaining('3 requests') as string,
      },
    });
    // Looking is not work.
    expect((await keyed.ask('GET', '/v1/jobs', secret)).status).toBe(200);
  });

  it('of a day count what jobs have used, and refuse more until the next; what is there can be cancelled', async () => {
    const { secret } = await keyed.newKey({ tenant: 'spender', scopes: ['submit', 'read'] });
    await quotasOf('spender', { tokens_per_day: 17, kv_byte_seconds_per_day: 1_000_000 });
    const submit = () => keyed.ask('POST', '/v1/jobs', secret, { prompt: 'a b' });
    const first = await submit();
    expect(first.headers.get('x-ratelimit-remaining-tokens')).toBe('17');
    const waiting = ((await (await submit()).json()) as JobView).id;
    const lease = await keyed.pool.worker.takeNext('reasoning.nano.spender');
    const checkpoint = { version: 1, sampled: [1, 2, 3], thoughts: 1, runMs: 900 } as const;
    const soFar = { ...USAGE, generated_tokens: 3, kv_byte_seconds: 4_000 };
    await lease.report([], { checkpoint, usage: soFar });
    // While it runs, too: 3 sampled and 5 read.
    expect((await tenant('spender')).usage.today).toEqual({ jobs: 0, tokens: 8, kv_byte_seconds: 4_000 });
    await lease.complete({ ...USAGE, kv_byte_seconds: 17_000 }, 'stop');
    const { usage } = await tenant('spender');
    // All of it once.
    expect(usage.today).toEqual({ jobs: 1, tokens: 17, kv_byte_seconds: 17_000 });
    expect(usage.last_30_days).toEqual(usage.today);
    const refused = await submit();
    expect(refused.headers.get('x-should-retry')).toBe('false');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('x-ratelimit-remaining-tokens')).toBe('0');
    expect(((await refused.json()) as { error: object }).error).toMatchObject({
      code: 'insufficient_quota',
      type: 'rate_limit_error',
    });
    const other = lease.job.id === waiting ? ((await first.json()) as JobView).id : waiting;
    expect((await keyed.ask('DELETE', `/v1/jobs/${other}`, secret)).status).toBe(200);
    await quotasOf('spender', { tokens_per_day: null, kv_byte_seconds_per_day: 10 });
    expect(((await (await submit()).json()) as { error: { message: string } }).error.message).toContain(
      'KV byte-seconds',
    );
    await quotasOf('spender', { kv_byte_seconds_per_day: null });
    expect((await submit()).status).toBe(201);
  });

  it('of a day let the rest of a file wait where it is', async () => {
    const { secret } = await keyed.newKey({ tenant: 'liner', scopes: ['submit', 'read'] });
    await quotasOf('liner', { tokens_per_day: 1 });
    const line = (id: string) =>
      `{"custom_id": "${id}", "method": "POST", "url": "/v1/completions", "body": {"model": "nano", "prompt": "a"}}`;
    const form = new FormData();
    form.set('purpose', 'batch');
    form.set('file', new Blob([`${line('a')}\n${line('b')}\n`]), 'lines.jsonl');
    const headers = { authorization: `Bearer ${secret}` };
    const file = (await (
      await keyed.pool.fetch('/v1/files', { method: 'POST', body: form, headers })
    ).json()) as { id: string };
    const batch = (await (
      await keyed.ask('POST', '/v1/batches', secret, {
        input_file_id: file.id,
        endpoint: '/v1/completions',
        completion_window: '24h',
      })
    ).json()) as { id: string };
    const end = async () => {
      const lease = await keyed.pool.worker.takeNext('reasoning.nano.liner').catch(() => undefined);
      if (lease === undefined) return false;
      const result = { answer: 'x', text: 'x', thoughts: [], finish_reason: 'stop' } as const;
      await keyed.pool.putResult(lease.job.id, { ...result, thoughts: [] });
      await lease.complete(USAGE, 'stop');
      return true;
    };
    await expect.poll(end, { timeout: 20_000 }).toBe(true);
    await expect.poll(async () => (await tenant('liner')).usage.today.jobs).toBe(1);
    const jobs = () => listed(`/v1/jobs?batch=${batch.id}`, secret);
    expect(await jobs()).toHaveLength(1);
    await quotasOf('liner', { tokens_per_day: null });
    await expect.poll(end, { timeout: 20_000 }).toBe(true);
    expect(await jobs()).toHaveLength(2);
  });
});
