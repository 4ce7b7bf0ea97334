import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyIssued, SessionView } from '@gistpool/contracts';
import { errorOf } from '../testing/errors';
import { BOOTSTRAP_KEY, KeyedPool } from '../testing/keyed-pool';

let keyed: KeyedPool;
let key: KeyIssued;
beforeAll(async () => {
  keyed = await KeyedPool.start();
  key = await keyed.newKey({ tenant: 'acme', scopes: ['submit', 'read'] });
});
afterAll(() => keyed.stop());

interface Login {
  readonly session: SessionView;
  readonly setCookie: string;
  /** As a browser sends it back. */
  readonly cookie: string;
}

async function login(secret: string, headers: Record<string, string> = {}): Promise<Login> {
  const answer = await keyed.ask('POST', '/v1/session', undefined, { key: secret }, headers);
  expect(answer.status).toBe(200);
  const setCookie = answer.headers.get('set-cookie') ?? '';
  return {
    session: (await answer.json()) as SessionView,
    setCookie,
    cookie: setCookie.split(';', 1)[0] ?? '',
  };
}

const by = (
  { cookie }: Login,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: object,
) => keyed.ask(method, path, undefined, body, { cookie, ...headers });

describe('a login with a browser', () => {
  it('gives a cookie that scripts cannot read and other sites cannot send, without the key in it', async () => {
    const { session, setCookie } = await login(key.secret);
    expect(session).toMatchObject({ by: 'cookie', key: key.id, tenant: 'acme', scopes: ['submit', 'read'] });
    for (const part of ['HttpOnly', 'SameSite=Strict', 'Path=/']) expect(setCookie).toContain(part);
    expect(setCookie).not.toContain('Secure');
    expect(setCookie).not.toContain(key.secret.slice(key.id.length));
    expect((await login(key.secret, { 'x-forwarded-proto': 'https' })).setCookie).toContain('; Secure');
  });

  it('lets in, and says who is in', async () => {
    const logged = await login(key.secret);
    expect((await by(logged, 'GET', '/v1/jobs')).status).toBe(200);
    const whoAmI = (await (await by(logged, 'GET', '/v1/session')).json()) as SessionView;
    expect(whoAmI).toEqual(logged.session);
    const nobody = (await (await keyed.ask('GET', '/v1/session')).json()) as SessionView;
    expect(nobody).toMatchObject({ by: 'none', scopes: [], csrf_token: null });
  });

  it('changes nothing without the token that only its own pages know', async () => {
    const logged = await login(key.secret);
    const token = logged.session.csrf_token ?? '';
    const job = { prompt: 'a' };
    for (const headers of [{}, { 'x-csrf-token': 'guessed' }])
      expect(await errorOf(await by(logged, 'POST', '/v1/jobs', headers, job))).toMatchObject({
        status: 403,
        param: 'x-csrf-token',
      });
    const other = (await login(BOOTSTRAP_KEY)).session.csrf_token ?? '';
    expect((await by(logged, 'POST', '/v1/jobs', { 'x-csrf-token': other }, job)).status).toBe(403);
    const foreign = { 'x-csrf-token': token, origin: 'https://evil.example' };
    expect(await errorOf(await by(logged, 'POST', '/v1/jobs', foreign, job))).toMatchObject({
      param: 'origin',
    });
    expect((await by(logged, 'POST', '/v1/jobs', { 'x-csrf-token': token }, job)).status).toBe(201);
  });

  it('is for those only who have a good key', async () => {
    const wrong = await keyed.ask('POST', '/v1/session', undefined, { key: 'guess' });
    expect(wrong.headers.get('set-cookie')).toBeNull();
    expect(await errorOf(wrong)).toMatchObject({ status: 401, code: 'invalid_api_key' });
  });

  it('does not believe a cookie that was changed', async () => {
    const { cookie } = await login(key.secret);
    const [name, value = ''] = cookie.split('=');
    const [text = '', signature = ''] = value.split('.');
    const forged = Buffer.from(
      Buffer.from(text, 'base64url').toString().replace(key.id, 'bootstrap'),
    ).toString('base64url');
    for (const bad of [`${forged}.${signature}`, `${text}.${signature.slice(1)}`, text, 'a.b.c', ''])
      expect(
        (await keyed.ask('GET', '/v1/jobs', undefined, undefined, { cookie: `${name}=${bad}` })).status,
      ).toBe(401);
  });

  it('ends with its key', async () => {
    const { secret, id } = await keyed.newKey({ scopes: ['read'] });
    const logged = await login(secret);
    expect((await by(logged, 'GET', '/v1/jobs')).status).toBe(200);
    await keyed.ask('DELETE', `/v1/keys/${id}`, BOOTSTRAP_KEY);
    expect((await by(logged, 'GET', '/v1/jobs')).status).toBe(401);
  });

  it('ends by logging out, for which the token is needed, too', async () => {
    const logged = await login(key.secret);
    expect((await by(logged, 'DELETE', '/v1/session')).status).toBe(403);
    const headers = { 'x-csrf-token': logged.session.csrf_token ?? '' };
    const answer = await by(logged, 'DELETE', '/v1/session', headers);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('set-cookie')).toMatch(/^gistpool_session=; .*Max-Age=0/);
  });

  it('opens the queue board, to which a browser without one is sent first', async () => {
    const page = { accept: 'text/html,application/xhtml+xml' };
    const sent = await keyed.ask('GET', '/queues', undefined, undefined, page);
    expect(sent.status).toBe(303);
    expect(sent.headers.get('location')).toBe('/login?to=%2Fqueues');
    expect((await by(await login(key.secret), 'GET', '/queues', page)).status).toBe(200);
  });
});
