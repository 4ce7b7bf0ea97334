import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChatCompletion, TextCompletion } from '@gistpool/contracts';
import { StandInWorker } from '../../testing/stand-in-worker';
import { TestPool } from '../../testing/test-pool';

let pool: TestPool;
let openai: OpenAI;
beforeAll(async () => {
  pool = await TestPool.start();
  openai = new OpenAI({ baseURL: `${pool.api.url}/v1`, apiKey: 'none', maxRetries: 0 });
});
afterAll(() => pool.stop());

const messages = [{ role: 'user' as const, content: 'one two' }];

async function working<T>(work: () => Promise<T>): Promise<T> {
  const worker = new StandInWorker(pool);
  try {
    return await work();
  } finally {
    await worker.stop();
  }
}

const stateOf = async (id: string) => (await pool.get(id)).state;

describe('/v1/chat/completions, through the official client,', () => {
  it('answers with thoughts beside the answer, usage and the memory ledger', async () => {
    const completion = await working(() => openai.chat.completions.create({ model: 'nano', messages }));
    const { choices, usage, id } = ChatCompletion.strict().parse(completion);
    expect(id).toMatch(/^chatcmpl-job_/);
    expect(choices).toMatchObject([
      { message: { content: 'echo one two', reasoning_content: 'let me see. ' }, finish_reason: 'stop' },
    ]);
    expect(usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 12, total_tokens: 17 });
    // As the worker measured it.
    expect(usage.gistpool.kv_byte_seconds).toBe(17_000);
  });

  it('passes on what is asked for, in the words of a job', async () => {
    const completion = await working(() =>
      openai.chat.completions.create({
        model: 'nano',
        messages: [
          { role: 'developer', content: 'be brief' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'one' },
              { type: 'text', text: ' two' },
            ],
          },
          { role: 'assistant', content: 'three', refusal: null },
          { role: 'user', content: 'four' },
        ],
        max_completion_tokens: 77,
        temperature: 0.5,
        top_p: 0.9,
        stop: 'END',
        seed: -1,
        user: 'ada',
        metadata: { run: '7' },
        presence_penalty: 0,
        logprobs: false,
        tools: [],
        ...{ gistpool: { task: 'count', priority: 3, max_thoughts: 9 } },
      }),
    );
    const { jobs } = ChatCompletion.parse(completion).usage.gistpool;
    expect(await pool.get(jobs[0] ?? '')).toMatchObject({
      task: 'count',
      priority: 3,
      limits: { max_tokens: 77, max_thoughts: 9 },
      metadata: { user: 'ada', run: '7' },
    });
  });

  it('streams: first who speaks, then reasoning, then the answer, how it ended, usage at last', async () => {
    const stream = await openai.chat.completions.create({
      model: 'nano',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    await working(async () => {
      for await (const chunk of stream) chunks.push(chunk);
    });
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
    expect(deltas).toEqual([
      { role: 'assistant', content: '' },
      { reasoning_content: 'let me see. ' },
      { content: 'echo one two' },
      {},
    ]);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { total_tokens: 17, gistpool: { peak_cells: 20 } },
    });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  it('has a comment for who listens while the job is still in the queue, and cancels the job when they go', async () => {
    const gone = new AbortController();
    const body = JSON.stringify({ model: 'nano', messages, stream: true });
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', body, headers, signal: gone.signal };
    const answer = await pool.fetch('/v1/chat/completions', init);
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const reader = answer.body?.getReader();
    let text = '';
    while (!text.includes('chatcmpl-')) text += Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(text).toContain(': keep-alive\n\n');
    const id = /chatcmpl-(job_\w+)/.exec(text)?.[1] ?? '';
    await expect.poll(() => stateOf(id), { timeout: 10_000 }).toBe('waiting');
    gone.abort();
    await expect.poll(() => stateOf(id), { timeout: 10_000 }).toBe('cancelled');
  });

  it('cancels the job of a client that waits for a whole answer and goes', async () => {
    const gone = new AbortController();
    const asked = openai.chat.completions.create(
      { model: 'nano', messages, metadata: { who: 'goes' } },
      { signal: gone.signal },
    );
    asked.catch(() => undefined);
    const newest = async () => {
      const { data } = (await (await pool.fetch('/v1/jobs?limit=1')).json()) as {
        data: { id: string; state: string; metadata: Record<string, string> }[];
      };
      return data.find(({ metadata }) => metadata['who'] === 'goes');
    };
    await expect.poll(async () => (await newest())?.state, { timeout: 10_000 }).toBe('waiting');
    gone.abort();
    await expect.poll(async () => (await newest())?.state, { timeout: 10_000 }).toBe('cancelled');
  });

  it('gives n choices from n jobs, streamed or not', async () => {
    const whole = await working(() => openai.chat.completions.create({ model: 'nano', messages, n: 3 }));
    expect(whole.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(ChatCompletion.parse(whole).usage.gistpool.jobs).toHaveLength(3);
    const stream = await openai.chat.completions.create({ model: 'nano', messages, n: 2, stream: true });
    const ends: number[] = [];
    await working(async () => {
      for await (const { choices } of stream)
        for (const { index, finish_reason } of choices) if (finish_reason !== null) ends.push(index);
    });
    expect(ends).toEqual([0, 1]);
  });

  it('says that a job failed or was cancelled, streamed or not', async () => {
    const failing = [{ role: 'user' as const, content: 'must fail' }];
    await working(async () => {
      const ask = openai.chat.completions.create({ model: 'nano', messages: failing });
      await expect(ask).rejects.toMatchObject({ status: 500, code: 'job_failed', type: 'server_error' });
      const stream = await openai.chat.completions.create({ model: 'nano', messages: failing, stream: true });
      const read = async () => {
        for await (const chunk of stream) expect(chunk.object).toBe('chat.completion.chunk');
      };
      await expect(read()).rejects.toMatchObject({ code: 'job_failed' });
    });
  });

  it.each([
    [{ tools: [{ type: 'function', function: { name: 'x' } }] }, 'tools'],
    [{ logprobs: true }, 'logprobs'],
    [{ response_format: { type: 'json_object' } }, 'response_format'],
    [{ presence_penalty: 0.5 }, 'presence_penalty'],
    [{ reasoning_effort: 'high' }, 'reasoning_effort'],
  ])('refuses %j by name instead of ignoring it', async (more, param) => {
    const ask = openai.chat.completions.create({ model: 'nano', messages, ...(more as object) });
    await expect(ask).rejects.toMatchObject({
      status: 400,
      code: 'unsupported_parameter',
      param,
      type: 'invalid_request_error',
    });
  });

  it.each([
    [{ colour: 'red' }, 'colour'],
    [{ temperature: 9 }, 'temperature'],
    [{ model: 'gpt-none' }, 'model'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages.0.role'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ stream_options: { include_usage: true } }, 'stream_options'],
  ])('refuses %j by name', async (more, param) => {
    const ask = openai.chat.completions.create({ model: 'nano', messages, ...(more as object) });
    await expect(ask).rejects.toMatchObject({ status: 400, param, type: 'invalid_request_error' });
  });
});

it('an api that stops tells who waits to ask again, and cancels the job', async () => {
  const other = await TestPool.start();
  const client = new OpenAI({ baseURL: `${other.api.url}/v1`, apiKey: 'none', maxRetries: 0 });
  const asked = client.chat.completions.create({ model: 'nano', messages }).catch((error: unknown) => error);
  const jobs = async () =>
    ((await (await other.fetch('/v1/jobs')).json()) as { data: { state: string }[] }).data;
  await expect.poll(async () => (await jobs()).length, { timeout: 20_000 }).toBe(1);
  await other.stop();
  expect(await asked).toMatchObject({ status: 503, code: 'unavailable' });
});

describe('/v1/completions, through the official client,', () => {
  it('answers every prompt, whole or streamed', async () => {
    const prompt = ['a', 'b'];
    const whole = await working(() => openai.completions.create({ model: 'nano', prompt }));
    expect(
      TextCompletion.strict()
        .parse(whole)
        .choices.map(({ text }) => text),
    ).toEqual(['echo a', 'echo b']);
    const stream = await openai.completions.create({ model: 'nano', prompt: 'c', stream: true });
    let text = '';
    await working(async () => {
      for await (const { choices } of stream) text += choices[0]?.text ?? '';
    });
    expect(text).toBe('echo c');
  });

  it('refuses tokens in place of text, and what only a raw completion could do', async () => {
    const ask = (more: object) => openai.completions.create({ model: 'nano', prompt: 'x', ...more });
    await expect(ask({ prompt: [1, 2] })).rejects.toMatchObject({ status: 400, param: 'prompt' });
    await expect(ask({ suffix: 'y' })).rejects.toMatchObject({ status: 400, param: 'suffix' });
    await expect(ask({ echo: true })).rejects.toMatchObject({ status: 400, param: 'echo' });
  });
});

describe('/v1/models, through the official client,', () => {
  it('lists and retrieves models, with what gistpool knows of them', async () => {
    const { data } = await openai.models.list();
    expect(data).toMatchObject([
      { id: 'nano', object: 'model', owned_by: 'gistpool', cards: 1, gist_count: 3 },
    ]);
    expect(data[0]?.created).toBeGreaterThan(1_700_000_000);
    expect(await openai.models.retrieve('nano')).toEqual(data[0]);
    await expect(openai.models.retrieve('none')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
  });
});
