import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorOf } from '../testing/errors';
import { TestPool } from '../testing/test-pool';

let pool: TestPool;
beforeAll(async () => {
  pool = await TestPool.start();
});
afterAll(() => pool.stop());

const refusal = async (body: unknown, type?: string) =>
  errorOf(await pool.post('/v1/jobs', typeof body === 'string' ? body : JSON.stringify(body), type));

describe('what is wrong with a request', () => {
  it.each([
    ['an empty prompt', { prompt: '' }, 'prompt', 'empty'],
    ['neither prompt nor messages', {}, 'prompt', 'either prompt or messages'],
    [
      'both',
      { prompt: 'a', messages: [{ role: 'user', content: 'b' }] },
      'prompt',
      'either prompt or messages',
    ],
    ['a negative limit', { prompt: 'a', limits: { max_tokens: -5 } }, 'limits.max_tokens', '>=1'],
    [
      'a limit that is no number',
      { prompt: 'a', limits: { max_thoughts: 'many' } },
      'limits.max_thoughts',
      'expected a number',
    ],
    ['half a token', { prompt: 'a', limits: { max_tokens: 1.5 } }, 'limits.max_tokens', 'expected an int'],
    ['an unknown field', { prompt: 'a', promt: 'b' }, 'promt', 'promt is not a known field'],
    [
      'an unknown field within',
      { prompt: 'a', limits: { max_token: 5 } },
      'limits.max_token',
      'not a known field',
    ],
    [
      'an unknown role',
      { messages: [{ role: 'robot', content: 'b' }] },
      'messages.0.role',
      'expected one of',
    ],
    ['an empty message', { messages: [{ role: 'user', content: '' }] }, 'messages.0.content', 'empty'],
    ['no message at all', { messages: [] }, 'messages', '>=1'],
    ['a temperature above 5', { prompt: 'a', sampling: { temperature: 9 } }, 'sampling.temperature', '<=5'],
    ['a list', [], null, 'expected an object'],
    ['null', null, null, 'expected an object'],
    ['a tenant with a colon', { prompt: 'a', tenant: 'a:b' }, 'tenant', 'letters, digits'],
    ['a prototype', '{"prompt": "a", "__proto__": {"x": 1}}', '__proto__', 'may not have this name'],
  ])('%s is named', async (_what, body, param, text) => {
    const error = await refusal(body);
    expect(error).toMatchObject({ status: 400, code: 'invalid_request', param });
    expect(error.message).toContain(text);
  });

  it('is told completely: every problem, and the first as param', async () => {
    const error = await refusal({
      prompt: '',
      limits: { max_tokens: 0 },
      sampling: { top_p: 2 },
      colour: 'red',
    });
    for (const name of ['prompt', 'limits.max_tokens', 'sampling.top_p', 'colour'])
      expect(error.message).toContain(name);
    expect(error.param).toBe('prompt');
  });

  it('stays short however much is wrong', async () => {
    const error = await refusal(
      Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`${i}`.padEnd(500, 'x'), 1])),
    );
    expect(error.message.length).toBeLessThan(3_000);
    expect(error.message).toContain('more');
  });
});

describe('a body that is not JSON', () => {
  it.each([
    ['{"prompt": "a",}', 'line 1, column 16 (position 15)'],
    ['{"prompt":\n  "a" "b"}', 'line 2, column 7'],
    ['{"prompt": nope}', 'nope'],
    ['{"prompt": "a"', 'it ends too early'],
    ['', 'empty'],
    ['   ', 'empty'],
  ])('%j is refused with the place', async (body, text) => {
    const error = await refusal(body);
    expect(error).toMatchObject({ status: 400, code: 'invalid_json', param: null });
    expect(error.message).toContain(text);
  });

  it('is refused when its bytes are no UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from('{"prompt": "'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    const error = await errorOf(await pool.post('/v1/jobs', bytes));
    expect(error).toMatchObject({ status: 400, code: 'invalid_json' });
    expect(error.message).toContain('UTF-8');
  });

  it.each([
    'text/plain',
    'application/x-ndjson',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
  ])('of type %s is refused before it is read', async (type) => {
    expect(await refusal('{"prompt": "a"}', type)).toMatchObject({ status: 415, param: 'content-type' });
  });

  it('may be as long as 100,000 words, and gets an answer about tokens; longer than 8 MiB, one about bytes', async () => {
    const long = await refusal({ prompt: 'word '.repeat(100_000) });
    expect(long).toMatchObject({ status: 422, code: 'does_not_fit', param: 'prompt' });
    expect(long.message).toMatch(
      /needs 100,\d{3} cells at its peak \(prompt 100,000 \+ reasoning bound \d+\)/,
    );
    expect(long.message).toContain('the largest slot of nano holds 512');
    const tooMuchText = await refusal({ prompt: 'word '.repeat(500_000) });
    expect(tooMuchText).toMatchObject({ status: 413, code: 'body_too_large', param: 'prompt' });
    const tooLong = await refusal({ prompt: 'word '.repeat(1_800_000) });
    expect(tooLong).toMatchObject({ status: 413, code: 'body_too_large' });
    expect(tooLong.message).toContain('8388608 bytes');
  });
});

describe('a model that is not there', () => {
  it('is refused with those that are', async () => {
    const error = await refusal({ prompt: 'a', model: 'giant' });
    expect(error).toMatchObject({ status: 400, code: 'unknown_model', param: 'model' });
    expect(error.message).toContain('known: nano');
  });
});

describe('a page of another site', () => {
  it('may look but not send', async () => {
    const headers = { 'content-type': 'text/plain', 'sec-fetch-site': 'cross-site' };
    const sent = await pool.fetch('/v1/jobs/batch', { method: 'POST', body: '{"prompt": "a"}', headers });
    expect(await errorOf(sent)).toMatchObject({ status: 403 });
    expect((await pool.fetch('/v1/fleet', { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(200);
  });
});

describe('an address', () => {
  it.each(['/nothing', '/v1', '/v1/jobs/a/b/c', '/docs/none'])(
    '%s that leads nowhere is 404',
    async (path) => {
      expect(await errorOf(await pool.fetch(path))).toMatchObject({
        status: 404,
        code: 'not_found',
        param: null,
      });
    },
  );

  it.each([
    ['PUT', '/v1/jobs/job_x', 'GET, DELETE'],
    ['PATCH', '/v1/jobs', 'GET, POST'],
    ['POST', '/v1/fleet', 'GET'],
    ['DELETE', '/healthz', 'GET'],
    // Not those of /v1/jobs/:id, though it would take them for a job.
    ['OPTIONS', '/v1/jobs/cancel', 'POST'],
    // Fastify wants a content type of it first.
    ['QUERY', '/v1/jobs', 'GET, POST'],
  ])('that does not take %s %s says which methods it takes', async (method, path, allow) => {
    const answer = await pool.fetch(path, { method });
    expect(answer.headers.get('allow')).toBe(allow);
    expect(await errorOf(answer)).toMatchObject({ status: 405 });
  });

  it('with broken escapes is 400', async () => {
    expect(await errorOf(await pool.fetch('/v1/jobs/%E0%A4%A'))).toMatchObject({
      status: 400,
      code: 'invalid_request',
    });
  });
});

describe('a fault of ours', () => {
  it('is told by an id that the log has with the cause, never with a stack', async () => {
    const job = await pool.submit({ prompt: 'x', tenant: 'broken' });
    const lease = await pool.worker.takeNext('reasoning.nano.broken');
    await pool.putResult(job.id, { answer: 1 } as never);
    await lease.fail({ code: 'x', message: 'x' });
    const error = await errorOf(await pool.fetch(`/v1/jobs/${job.id}`));
    expect(error).toMatchObject({ status: 500, code: 'internal' });
    const id = /err_[0-9a-f-]+/.exec(error.message)?.[0];
    expect(id).toBeDefined();
    expect(error.message).not.toContain('zod');
    expect(pool.log.find((line) => line.includes(String(id)))).toContain('ZodError');
  });
});

describe('a client that speaks no HTTP', () => {
  it('is answered or dropped, and the next one is served', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(pool.api.url).port), '127.0.0.1', () =>
        socket.write('nonsense\r\n\r\n'),
      );
      socket.on('data', () => undefined).on('close', () => resolve());
    });
    expect((await pool.fetch('/healthz')).status).toBe(200);
  });
});
