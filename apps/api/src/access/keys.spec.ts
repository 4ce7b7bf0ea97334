import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditPage, KeyIssued, KeyPage, KeyView, SessionView } from '@gistpool/contracts';
import { TestPool } from '../testing/test-pool';
import { errorOf } from '../testing/errors';
import { BOOTSTRAP_KEY, KeyedPool } from '../testing/keyed-pool';

let keyed: KeyedPool;
beforeAll(async () => {
  keyed = await KeyedPool.start();
});
afterAll(() => keyed.stop());

const job = { prompt: 'a b c' };

describe('a pool that asks for keys', () => {
  it.each([
    ['GET', '/v1/jobs'],
    ['POST', '/v1/jobs'],
    ['GET', '/v1/fleet'],
    ['GET', '/scaling'],
    ['GET', '/metrics'],
    ['GET', '/queues'],
    ['GET', '/v1/keys'],
    ['GET', '/v1/audit'],
  ])('answers %s %s without a key with 401', async (method, path) => {
    const answer = await keyed.ask(method, path);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    expect(await errorOf(answer)).toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  it.each([
    '/',
    '/docs',
    '/docs/openapi.json',
    '/openapi.json',
    '/healthz',
    '/livez',
    '/readyz',
    '/v1/session',
  ])('shows %s to everybody', async (path) => {
    expect((await keyed.ask('GET', path)).status).toBe(200);
  });

  it('takes no key that it did not make', async () => {
    for (const key of ['none', 'sk-1234', `gp_${'a'.repeat(12)}_${'b'.repeat(43)}`])
      expect(await errorOf(await keyed.ask('GET', '/v1/jobs', key))).toMatchObject({
        status: 401,
        code: 'invalid_api_key',
      });
  });

  it('tells a secret once, and stores only a hash of it', async () => {
    const { secret, id } = await keyed.newKey({ name: 'once', scopes: ['submit', 'read'] });
    expect(secret.startsWith(`${id}_`)).toBe(true);
    const listed = (await (await keyed.ask('GET', '/v1/keys', BOOTSTRAP_KEY)).json()) as KeyPage;
    expect(listed.data.find((key) => key.id === id)).toMatchObject({ name: 'once', state: 'active' });
    expect(JSON.stringify(listed)).not.toContain(secret);
    const { keys } = await dump(keyed.pool);
    expect(keys.join('\n')).toContain(id);
    expect(keys.join('\n')).not.toContain(secret.slice(id.length + 1));
  });

  it('lets a key do what its scopes say, and names the one that it lacks', async () => {
    const reader = await keyed.newKey({ scopes: ['read'] });
    const submitter = await keyed.newKey({ scopes: ['submit'] });
    expect((await keyed.ask('GET', '/v1/jobs', reader.secret)).status).toBe(200);
    expect((await keyed.ask('GET', '/metrics', reader.secret)).status).toBe(200);
    expect((await keyed.ask('POST', '/v1/jobs', submitter.secret, job)).status).toBe(201);
    const refused = await errorOf(await keyed.ask('POST', '/v1/jobs', reader.secret, job));
    expect(refused).toMatchObject({ status: 403, code: 'forbidden' });
    expect(refused.message).toContain('submit');
    expect((await keyed.ask('GET', '/v1/jobs', submitter.secret)).status).toBe(403);
    for (const path of ['/v1/keys', '/v1/tenants', '/v1/audit'])
      expect((await keyed.ask('GET', path, reader.secret)).status).toBe(403);
    expect((await keyed.ask('POST', '/v1/cards/card-0/cordon', submitter.secret)).status).toBe(403);
  });

  it('refuses a key that has expired, and says so', async () => {
    const { secret, id } = await keyed.newKey({ scopes: ['read'], expires_in_s: 1 });
    await expect.poll(async () => (await keyed.ask('GET', '/v1/jobs', secret)).status).toBe(401);
    const { message } = await errorOf(await keyed.ask('GET', '/v1/jobs', secret));
    expect(message).toContain(`${id} has expired`);
  });

  it('refuses a revoked key from the next request on', async () => {
    const { secret, id } = await keyed.newKey({ scopes: ['read'] });
    expect((await keyed.ask('GET', '/v1/jobs', secret)).status).toBe(200);
    const revoked = (await (await keyed.ask('DELETE', `/v1/keys/${id}`, BOOTSTRAP_KEY)).json()) as KeyView;
    expect(revoked.state).toBe('revoked');
    expect(await errorOf(await keyed.ask('GET', '/v1/jobs', secret))).toMatchObject({ status: 401 });
    expect((await keyed.ask('DELETE', '/v1/keys/gp_aaaaaaaaaaaa', BOOTSTRAP_KEY)).status).toBe(404);
  });

  it('rotates a key: both work while there is grace, then only the new one, and it is rotated once', async () => {
    const old = await keyed.newKey({ name: 'rolling', scopes: ['read'], tenant: 'rolling' });
    const rotated = await keyed.ask('POST', `/v1/keys/${old.id}/rotate`, BOOTSTRAP_KEY, { grace_s: 2 });
    expect(rotated.status).toBe(201);
    const fresh = (await rotated.json()) as KeyIssued;
    expect(fresh).toMatchObject({ name: 'rolling', tenant: 'rolling', scopes: ['read'], state: 'active' });
    expect((await keyed.ask('GET', '/v1/jobs', fresh.secret)).status).toBe(200);
    expect((await keyed.ask('POST', `/v1/keys/${old.id}/rotate`, BOOTSTRAP_KEY, {})).status).toBe(409);
    await expect
      .poll(async () => (await keyed.ask('GET', '/v1/jobs', old.secret)).status, { timeout: 20_000 })
      .toBe(401);
    expect((await keyed.ask('GET', '/v1/jobs', fresh.secret)).status).toBe(200);
  });

  it('keeps a log of who did what, without a secret in it', async () => {
    const { secret, id } = await keyed.newKey({ scopes: ['submit'], tenant: 'logged' });
    await keyed.ask('POST', '/v1/jobs', secret, job);
    await keyed.ask('GET', '/v1/keys', secret);
    const page = async () =>
      (await (await keyed.ask('GET', '/v1/audit?limit=500', BOOTSTRAP_KEY)).json()) as AuditPage;
    await expect.poll(async () => (await page()).data.filter(({ key }) => key === id).length).toBe(2);
    const entries = (await page()).data;
    expect(entries.filter(({ key }) => key === id)).toMatchObject([
      { action: 'GET /v1/keys', outcome: 'refused', status: 403, tenant: 'logged' },
      { action: 'POST /v1/jobs', outcome: 'done', status: 201, tenant: 'logged' },
    ]);
    expect(entries).toContainEqual(
      expect.objectContaining({ key: 'bootstrap', action: 'POST /v1/keys', target: id, outcome: 'done' }),
    );
    const said = JSON.stringify(entries) + keyed.pool.log.join('');
    expect(said).toContain('"audit"');
    for (const hidden of [secret, BOOTSTRAP_KEY]) expect(said).not.toContain(hidden);
  });

  it('pages through the log without showing an entry twice', async () => {
    const ids: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const at: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const answer = await keyed.ask('GET', `/v1/audit?limit=3${at}`, BOOTSTRAP_KEY);
      const page = (await answer.json()) as AuditPage;
      ids.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(ids.length).toBeGreaterThan(3);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('refuses a cursor that Redis would not take', async () => {
    const answer = await keyed.ask('GET', '/v1/audit?cursor=0-0', BOOTSTRAP_KEY);
    expect(await errorOf(answer)).toMatchObject({ status: 400, code: 'invalid_request', param: 'cursor' });
  });

  it('notes when a key was used last', async () => {
    const { secret, id } = await keyed.newKey({ scopes: ['read'] });
    await keyed.ask('GET', '/v1/jobs', secret);
    const view = (await (await keyed.ask('GET', `/v1/keys/${id}`, BOOTSTRAP_KEY)).json()) as KeyView;
    expect(Date.now() - (view.last_used_at_ms ?? 0)).toBeLessThan(60_000);
  });

  it('refuses names that would break a line', async () => {
    const answer = await keyed.ask('POST', '/v1/keys', BOOTSTRAP_KEY, { name: 'a\r\nset-cookie: b' });
    expect(await errorOf(answer)).toMatchObject({ status: 400, param: 'name' });
  });
});

describe('a pool that only this machine reaches', () => {
  let open: TestPool;
  beforeAll(async () => {
    open = await TestPool.start({ withCard: false });
  });
  afterAll(() => open.stop());

  const from = (headers: Record<string, string>) =>
    rawGet(new URL(open.api.url), '/v1/session', headers).then(({ body }) => JSON.parse(body) as SessionView);
  const status = async (headers: Record<string, string>) =>
    (await rawGet(new URL(open.api.url), '/v1/jobs', headers)).status;

  it('needs no key: who asks is admin of the tenant default, whatever key a client makes up', async () => {
    for (const headers of [{}, { authorization: 'Bearer none' }])
      expect(await from(headers)).toMatchObject({
        by: 'anonymous',
        tenant: 'default',
        scopes: expect.arrayContaining(['admin']) as string[],
      });
  });

  it('refuses a key of its own that is not good: somebody meant it', async () => {
    expect(await status({ authorization: `Bearer gp_${'a'.repeat(12)}_${'b'.repeat(43)}` })).toBe(401);
  });

  it('answers under names of this machine only, so that no other site can pass for it', async () => {
    const { port } = new URL(open.api.url);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
      expect(await status({ host })).toBe(200);
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', '10.0.0.7'])
      expect(await status({ host })).toBe(403);
    expect(await status({ origin: 'http://evil.example' })).toBe(403);
    expect(await status({ origin: 'null' })).toBe(403);
    expect(await status({ host: `localhost:${port}`, origin: `http://localhost:${port}` })).toBe(200);
  });
});

/** fetch sets Host by itself. */
async function rawGet(
  url: URL,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: string }> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const sent = request({ host: url.hostname, port: url.port, path, headers, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => (body += text));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    sent.on('error', reject).end();
  });
}

/** What lies in Redis of keys. */
async function dump(pool: TestPool): Promise<{ keys: string[] }> {
  const { Redis } = await import('ioredis');
  const redis = new Redis(pool.redis.url);
  try {
    const names = await redis.keys('gistpool:key:*');
    const hashes = await Promise.all(names.map((name) => redis.hgetall(name)));
    return { keys: hashes.map((hash, at) => `${names[at]} ${JSON.stringify(hash)}`) };
  } finally {
    redis.disconnect();
  }
}
