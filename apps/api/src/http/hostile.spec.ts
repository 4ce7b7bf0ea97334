import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf } from '../testing/errors';
import { TestPool } from '../testing/test-pool';

let pool: TestPool;
beforeAll(async () => {
  pool = await TestPool.start();
});
afterAll(() => pool.stop());

const refusal = async (body: string) => errorOf(await pool.post('/v1/jobs', body));

describe('JSON that is a trap', () => {
  it.each(['__proto__', 'constructor', 'prototype'])(
    'with the field %s is refused by its path',
    async (name) => {
      const error = await refusal(`{"prompt": "a", "metadata": {"${name}": "x"}}`);
      expect(error).toMatchObject({ status: 400, code: 'invalid_request', param: `metadata.${name}` });
      expect(({} as Record<string, unknown>)['x']).toBeUndefined();
      const chat = `{"messages": [{"role": "user", "content": "a", "${name}": 1}]}`;
      const answer = await errorOf(await pool.post('/v1/jobs/batch', chat, 'application/json'));
      expect(answer.status).toBe(415);
      const line = await pool.batch(`{"prompt": "a", "${name}": {}}\n{"prompt": "b"}\n`);
      expect(line.receipt).toMatchObject({ accepted: 1, errors: [{ line: 1, error: { param: name } }] });
    },
  );

  it('may be 64 deep, and not 100,000', async () => {
    for (const depth of [65, 100_000]) {
      const error = await refusal(`{"prompt": "a", "metadata": ${'['.repeat(depth)}${']'.repeat(depth)}}`);
      expect(error).toMatchObject({ status: 400 });
      expect(error.message).toContain('deep');
      expect(error.param?.length).toBeLessThan(130);
    }
  });

  it('has no field with a name of a megabyte', async () => {
    const error = await refusal(`{"${'k'.repeat(2 ** 20)}": 1}`);
    expect(error).toMatchObject({ status: 400 });
    expect(error.message.length).toBeLessThan(300);
  });
});

/** Bytes as they are, which no client would send. */
const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(pool.api.url);
    const socket = connect(Number(port), hostname, () => socket.end(text));
    let said = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    socket.on('close', () => resolve(said)).on('error', reject);
  });

describe('a header', () => {
  it('that breaks its line is refused, in the form of every error', async () => {
    const said = await raw('GET /v1/jobs HTTP/1.1\r\nhost: localhost\r\nx-a: b\nbad line\r\r\n\r\n');
    expect(said).toMatch(/^HTTP\/1\.1 400 /);
    expect(said).toContain('"code":"invalid_request"');
  });

  it('never comes out of an address', async () => {
    const answer = await pool.fetch('/v1/jobs/a%0d%0aset-cookie:%20b');
    expect(answer.status).toBe(404);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });
});

describe('every answer', () => {
  it.each(['/v1/jobs', '/', '/docs', '/v1/nothing', '/queues', '/readyz'])(
    'of %s says what a browser may do with it',
    async (path) => {
      const { headers } = await pool.fetch(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-security-policy')).toContain("default-src '");
      expect(headers.get('content-security-policy')?.match(/default-src/g)).toHaveLength(1);
    },
  );

  it('with data of a tenant is kept nowhere', async () => {
    expect((await pool.fetch('/v1/jobs')).headers.get('cache-control')).toBe('no-store');
  });
});
