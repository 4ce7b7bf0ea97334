import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestPool } from '../../testing/test-pool';

let pool: TestPool;
let openai: OpenAI;
beforeAll(async () => {
  pool = await TestPool.start({ withCard: false });
  openai = new OpenAI({ baseURL: `${pool.api.url}/v1`, apiKey: 'none', maxRetries: 0 });
});
afterAll(() => pool.stop());

const upload = async (text: string, name = 'lines.jsonl') =>
  openai.files.create({ file: await toFile(Buffer.from(text), name), purpose: 'batch' });

/** A form as no client library would write it. */
async function form(
  body: string,
): Promise<{ status: number; error?: Record<string, unknown>; filename?: string }> {
  const answer = await pool.post('/v1/files', body, 'multipart/form-data; boundary=xx');
  return { ...((await answer.json()) as object), status: answer.status };
}
const part = (headers: string, body: string) =>
  `--xx\r\nContent-Disposition: form-data; ${headers}\r\n\r\n${body}\r\n`;
const purpose = part('name="purpose"', 'batch');

describe('files, through the official client,', () => {
  it('are uploaded, retrieved, read, listed and deleted', async () => {
    const file = await upload('{"a": "größe 🧮"}\n', 'größe 🧮.jsonl');
    expect(file).toMatchObject({ object: 'file', bytes: 22, purpose: 'batch', filename: 'größe 🧮.jsonl' });
    expect(await openai.files.retrieve(file.id)).toEqual(file);
    const content = await openai.files.content(file.id);
    expect(content.headers.get('content-disposition')).toContain("filename*=UTF-8''gr%C3%B6%C3%9Fe%20");
    expect(await content.text()).toBe('{"a": "größe 🧮"}\n');
    expect((await openai.files.list()).data.map(({ id }) => id)).toContain(file.id);
    expect(await openai.files.delete(file.id)).toEqual({ id: file.id, object: 'file', deleted: true });
    const { files } = openai;
    for (const ask of [
      () => files.retrieve(file.id),
      () => files.content(file.id),
      () => files.delete(file.id),
    ])
      await expect(ask()).rejects.toMatchObject({
        status: 404,
        code: 'file_not_found',
        type: 'invalid_request_error',
      });
  });

  it('are listed page by page, newest first or oldest first, each once', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i += 1) ids.push((await upload('x', `${i}.jsonl`)).id);
    const listed = async (order: 'asc' | 'desc') => {
      const seen: string[] = [];
      for await (const file of openai.files.list({ limit: 2, order, purpose: 'batch' })) seen.push(file.id);
      return seen.filter((id) => ids.includes(id));
    };
    expect(await listed('asc')).toEqual(ids);
    expect(await listed('desc')).toEqual(ids.toReversed());
    expect((await openai.files.list({ purpose: 'batch_output' })).data).toEqual([]);
  });

  it('are refused for any purpose but batch, and nothing of them is kept', async () => {
    const file = await toFile(Buffer.from('x'), 'kept-not.jsonl');
    await expect(openai.files.create({ file, purpose: 'fine-tune' })).rejects.toMatchObject({
      status: 400,
      param: 'purpose',
    });
    await expect(
      openai.files.create({ file, purpose: 'batch', expires_after: { anchor: 'created_at', seconds: 3600 } }),
    ).rejects.toMatchObject({ status: 400, param: 'expires_after[anchor]' });
    const all: string[] = [];
    for await (const { filename } of openai.files.list()) all.push(filename);
    expect(all).not.toContain('kept-not.jsonl');
  });
});

describe('the name of a file', () => {
  it('is kept, but a path in it is not', async () => {
    const answer = await form(`${purpose}${part('name="file"; filename="../../etc/passwd"', 'x')}--xx--\r\n`);
    expect(answer).toMatchObject({ status: 200, filename: 'passwd' });
  });

  it.each(['a%0D%0AX-Evil: 1', 'a%0ab', 'a\u0000b', ''])('is refused as %j', async (name) => {
    const answer = await form(`${purpose}${part(`name="file"; filename="${name}"`, 'x')}--xx--\r\n`);
    expect(answer.status).toBe(400);
  });

  it('ends at a raw line break, which ends its header', async () => {
    const answer = await form(`${purpose}${part('name="file"; filename="a\r\nX-Evil: 1"', 'x')}--xx--\r\n`);
    expect(JSON.stringify(answer)).not.toMatch(/Evil/);
  });

  it('is refused when the official client sends a line break in it', async () => {
    await expect(upload('x', 'a\r\nb.jsonl')).rejects.toMatchObject({ status: 400, param: 'file' });
  });
});

it.each([
  ['no file', `${purpose}--xx--\r\n`, 'file'],
  ['no purpose', `${part('name="file"; filename="a"', 'x')}--xx--\r\n`, 'purpose'],
  ['two files', `${purpose}${part('name="file"; filename="a"', 'x').repeat(2)}--xx--\r\n`, 'file'],
  ['an unknown field', `${part('name="colour"', 'red')}--xx--\r\n`, 'colour'],
])('a form with %s is refused by name', async (_what, body, param) => {
  expect(await form(body)).toMatchObject({ status: 400, error: { param, type: 'invalid_request_error' } });
});

it('a body that is no form is refused', async () => {
  expect((await pool.post('/v1/files', '{}')).status).toBe(415);
  expect((await pool.post('/v1/files', 'x', 'multipart/form-data')).status).toBe(400);
});
