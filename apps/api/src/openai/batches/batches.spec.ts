import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BatchObject, BatchOutputLine, ChatCompletion, TextCompletion } from '@gistpool/contracts';
import { StandInWorker } from '../../testing/stand-in-worker';
import { TestPool } from '../../testing/test-pool';

const WINDOW = 8;
let pool: TestPool;
let openai: OpenAI;
beforeAll(async () => {
  pool = await TestPool.start({ env: { GISTPOOL_BATCH_WINDOW: String(WINDOW) } });
  openai = new OpenAI({ baseURL: `${pool.api.url}/v1`, apiKey: 'none', maxRetries: 0 });
});
afterAll(() => pool.stop());

const chat = (custom_id: string, content = 'what is it', more: object = {}) =>
  JSON.stringify({
    custom_id,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'nano', messages: [{ role: 'user', content }], ...more },
  });

async function create(lines: readonly string[], more: Partial<OpenAI.BatchCreateParams> = {}) {
  const file = await toFile(Buffer.from(lines.join('\n')), 'lines.jsonl');
  const { id } = await openai.files.create({ file, purpose: 'batch' });
  return openai.batches.create({
    input_file_id: id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    ...more,
  });
}

async function until(id: string, status: OpenAI.Batch['status']): Promise<BatchObject> {
  await expect
    .poll(async () => (await openai.batches.retrieve(id)).status, { timeout: 50_000, interval: 50 })
    .toBe(status);
  return BatchObject.strict().parse(await openai.batches.retrieve(id));
}

async function linesOf(fileId: string | null): Promise<BatchOutputLine[]> {
  if (fileId === null) return [];
  const text = await (await openai.files.content(fileId)).text();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => BatchOutputLine.strict().parse(JSON.parse(line)));
}

async function working<T>(work: () => Promise<T>): Promise<T> {
  const worker = new StandInWorker(pool);
  try {
    return await work();
  } finally {
    await worker.stop();
  }
}

describe('a batch, through the official client,', () => {
  it('answers good lines in its output file, and tells bad ones in its error file by line and reason', async () => {
    const created = await create(
      [
        chat('a', 'one'),
        '{"custom_id": "broken", ',
        chat('b', 'two', { tools: [{ type: 'function' }] }),
        '',
        chat('a', 'three'),
        chat('c', 'must fail'),
        chat('d', 'word '.repeat(600)),
        chat('e', 'six').replace('/v1/chat/completions', '/v1/embeddings'),
        chat('f', 'seven', { model: 'gpt' }),
        chat('g', 'last', { gistpool: { task: 'echo' } }),
      ],
      { metadata: { run: '7' } },
    );
    expect(created).toMatchObject({ status: 'validating', metadata: { run: '7' }, output_file_id: null });
    const batch = await working(() => until(created.id, 'completed'));
    expect(batch.request_counts).toEqual({ total: 9, completed: 2, failed: 7 });
    expect(batch.errors).toBeNull();
    for (const time of [batch.in_progress_at, batch.finalizing_at, batch.completed_at])
      expect(time).toBeGreaterThanOrEqual(batch.created_at);

    const output = await linesOf(batch.output_file_id);
    expect(output.map((line) => [line.custom_id, line.response?.status_code])).toEqual([
      ['a', 200],
      ['g', 200],
    ]);
    const body = ChatCompletion.strict().parse(output[0]?.response?.body);
    expect(body.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { role: 'assistant', content: 'echo one', reasoning_content: 'let me see. ' },
    });
    expect(body.usage).toMatchObject({
      prompt_tokens: 5,
      completion_tokens: 12,
      total_tokens: 17,
      completion_tokens_details: { reasoning_tokens: 10 },
      gistpool: { peak_cells: 20, kv_bytes_at_peak: 20_480 },
    });

    const told = (await linesOf(batch.error_file_id)).map(({ custom_id, response, error }) => [
      error?.line,
      custom_id,
      response?.status_code,
      error?.code,
      error?.param,
    ]);
    expect(told).toEqual([
      [2, null, 400, 'invalid_json', null],
      [3, 'b', 400, 'unsupported_parameter', 'tools'],
      [5, 'a', 400, 'invalid_request', 'custom_id'],
      [6, 'c', 500, 'crashed_too_often', null],
      [7, 'd', 422, 'does_not_fit', 'messages'],
      [8, 'e', 400, 'invalid_request', 'url'],
      [9, 'f', 400, 'unknown_model', 'model'],
    ]);
    const files = await openai.files.list({ purpose: 'batch_output' });
    expect(files.data.map(({ id }) => id)).toEqual(
      expect.arrayContaining([batch.output_file_id, batch.error_file_id]),
    );
  });

  it('takes lines for /v1/completions', async () => {
    const line = {
      custom_id: 'a',
      method: 'POST',
      url: '/v1/completions',
      body: { model: 'nano', prompt: 'p' },
    };
    const { id } = await create([JSON.stringify(line)], { endpoint: '/v1/completions' });
    const batch = await working(() => until(id, 'completed'));
    const [output] = await linesOf(batch.output_file_id);
    const completion = TextCompletion.strict().parse(output?.response?.body);
    expect(completion.choices[0]).toMatchObject({ text: 'echo p', reasoning_content: 'let me see. ' });
  });

  it.each([
    ['has no lines', ['', ' '], [{ code: 'empty_file', line: null }], false],
    ['has too many lines', Array<string>(50_001).fill('x'), [{ code: 'too_many_lines', line: null }], false],
    [
      'has no good line',
      ['x', '{}'],
      [
        { code: 'invalid_json', line: 1 },
        { code: 'invalid_request', line: 2 },
      ],
      true,
    ],
  ])('fails when its file %s', async (_what, lines, errors, hasFile) => {
    const { id } = await create(lines);
    const batch = await until(id, 'failed');
    expect(batch.errors?.data).toMatchObject(errors);
    expect(batch.failed_at).not.toBeNull();
    expect(batch.error_file_id !== null).toBe(hasFile);
  });

  it('runs its first lines before its file is read to the end, and never has more in the queue than its window', async () => {
    const { id } = await create(Array.from({ length: 24 }, (_, i) => chat(`line-${i}`)));
    const total = async () => (await openai.batches.retrieve(id)).request_counts?.total;
    await expect.poll(total, { timeout: 20_000 }).toBe(24);
    const jobs = async () => {
      const answer = await pool.fetch(`/v1/jobs?batch=${id}&limit=500`);
      return ((await answer.json()) as { data: { state: string }[] }).data;
    };
    await expect.poll(async () => (await jobs()).length, { timeout: 20_000 }).toBe(WINDOW);
    const fileId = (await openai.batches.retrieve(id)).input_file_id;
    await expect(openai.files.delete(fileId)).rejects.toMatchObject({ status: 409, code: 'file_in_use' });
    const batch = await working(async () => {
      await expect.poll(async () => (await jobs()).some(({ state }) => state === 'completed')).toBe(true);
      expect((await jobs()).filter(({ state }) => state === 'waiting').length).toBeLessThanOrEqual(WINDOW);
      return until(id, 'completed');
    });
    expect(batch.request_counts).toEqual({ total: 24, completed: 24, failed: 0 });
    const ids = (await linesOf(batch.output_file_id)).map((line) => line.custom_id);
    expect(ids).toEqual(Array.from({ length: 24 }, (_, i) => `line-${i}`));
    await openai.files.delete(fileId);
  });

  it('is cancelled: what waits ends, what is not read yet is not tried, and both are told', async () => {
    const { id } = await create(Array.from({ length: 20 }, (_, i) => chat(`line-${i}`)));
    await until(id, 'in_progress');
    expect(['cancelling', 'cancelled']).toContain((await openai.batches.cancel(id)).status);
    const batch = await until(id, 'cancelled');
    expect(batch.cancelling_at).not.toBeNull();
    expect(batch.request_counts).toEqual({ total: 20, completed: 0, failed: 20 });
    const errors = await linesOf(batch.error_file_id);
    expect(errors.map(({ error }) => error?.code)).toEqual(Array<string>(20).fill('batch_cancelled'));
    expect(batch.output_file_id).toBeNull();
    expect((await openai.batches.cancel(id)).status).toBe('cancelled');
  });

  it('expires: what has ended by then is in its files, the rest is told to have expired', async () => {
    const { id } = await create(
      Array.from({ length: 20 }, (_, i) => chat(`line-${i}`)),
      { completion_window: '3s' as '24h' },
    );
    await until(id, 'in_progress');
    const batch = await until(id, 'expired');
    expect(batch).toMatchObject({
      expires_at: batch.created_at + 3,
      request_counts: { total: 20, failed: 20 },
    });
    expect(batch.expired_at).toBeGreaterThanOrEqual(batch.created_at + 3);
    const errors = await linesOf(batch.error_file_id);
    expect(errors.map(({ error }) => error?.code)).toEqual(Array<string>(20).fill('batch_expired'));
    await expect(openai.batches.cancel(id)).rejects.toMatchObject({ status: 409 });
  });

  it('is listed newest first, page by page', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i += 1) ids.unshift((await create(['x'])).id);
    const seen: string[] = [];
    for await (const batch of openai.batches.list({ limit: 2 })) seen.push(batch.id);
    expect(seen.slice(0, 3)).toEqual(ids);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it.each([
    [{ input_file_id: 'file-none' }, 400, 'input_file_id'],
    [{ endpoint: '/v1/embeddings' }, 400, 'endpoint'],
    [{ completion_window: 'tomorrow' }, 400, 'completion_window'],
    [{ output_expires_after: { anchor: 'created_at', seconds: 3600 } }, 400, 'output_expires_after'],
  ])('is refused with %j, by name', async (wrong, status, param) => {
    await expect(create(['x'], wrong as object)).rejects.toMatchObject({ status, param });
  });

  it('that never was is not found', async () => {
    await expect(openai.batches.retrieve('batch_none')).rejects.toMatchObject({
      status: 404,
      code: 'batch_not_found',
      type: 'invalid_request_error',
    });
  });
});
