import { readFile } from 'node:fs/promises';
import { BatchOutputLine, ChatCompletion } from '@gistpool/contracts';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/conditions';
import { QUESTION, RunningPool } from './support/running-pool';

const MINUTE_MS = 60_000;
const MODEL_NAME = 'gistpool-nano-qwen2';
const RING =
  'Start at place 3 on a ring of 10 places numbered 0 to 9. In every round move forward 4 places, then back 1 place. Where are you after 7 rounds?';

const lineOf = (custom_id: string, more: object = {}) =>
  JSON.stringify({
    custom_id,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: MODEL_NAME, messages: [{ role: 'user', content: RING }], ...more },
  });

describe('the official OpenAI client on a pool of gistpool up', () => {
  let pool: RunningPool;
  let openai: OpenAI;

  beforeAll(async () => {
    pool = await RunningPool.start();
    openai = new OpenAI({ baseURL: `${pool.url}/v1`, apiKey: 'none', maxRetries: 20 });
  }, 5 * MINUTE_MS);

  afterAll(() => pool.remove());

  async function create(lines: readonly string[]): Promise<OpenAI.Batch> {
    const file = await toFile(Buffer.from(lines.join('\n')), 'lines.jsonl');
    const { id } = await openai.files.create({ file, purpose: 'batch' });
    return openai.batches.create({
      input_file_id: id,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
  }

  const ended = (id: string) =>
    eventually(
      'the batch ends',
      async () => {
        const batch = await openai.batches.retrieve(id);
        return ['completed', 'failed', 'expired', 'cancelled'].includes(batch.status) && batch;
      },
      8 * MINUTE_MS,
    );

  async function contentOf(fileId: string | undefined): Promise<BatchOutputLine[]> {
    const text = await (await openai.files.content(fileId ?? '')).text();
    return text
      .trimEnd()
      .split('\n')
      .map((line) => BatchOutputLine.parse(JSON.parse(line)));
  }

  it(
    'is told thoughts and then the answer as they come, the same text as without streaming',
    async () => {
      const body = { model: MODEL_NAME, messages: [{ role: 'user' as const, content: RING }], seed: 3 };
      const stream = await openai.chat.completions.create({
        ...body,
        stream: true,
        stream_options: { include_usage: true },
      });
      const told = { reasoning: '', content: '', chunks: 0, usage: 0 };
      for await (const { choices, usage } of stream) {
        const delta = choices[0]?.delta as { content?: string; reasoning_content?: string } | undefined;
        told.reasoning += delta?.reasoning_content ?? '';
        told.content += delta?.content ?? '';
        told.chunks += 1;
        told.usage = usage?.completion_tokens ?? told.usage;
      }
      expect(told.chunks).toBeGreaterThan(4);
      const whole = ChatCompletion.parse(await openai.chat.completions.create(body));
      const [choice] = whole.choices;
      expect(told.content).toBe(choice?.message.content);
      expect(told.reasoning).toBe(choice?.message.reasoning_content);
      expect(told.usage).toBe(whole.usage.completion_tokens);
      expect(whole.usage.gistpool.compressions).toBeGreaterThan(0);
      expect(whole.usage.gistpool.kv_byte_seconds).toBeGreaterThan(0);
    },
    4 * MINUTE_MS,
  );

  it(
    'frees the slot of a job whose client goes',
    async () => {
      const gone = new AbortController();
      const stream = await openai.chat.completions.create(
        { model: MODEL_NAME, messages: [{ role: 'user', content: QUESTION }], temperature: 3, stream: true },
        { signal: gone.signal },
      );
      const [, job = ''] = /chatcmpl-(job_\w+)/.exec((await firstOf(stream)).id) ?? [];
      gone.abort();
      await eventually('the job has ended', async () =>
        ['cancelled', 'completed'].includes((await pool.job(job)).state),
      );
    },
    3 * MINUTE_MS,
  );

  it(
    'gets every line of its batch once, though the api is killed while it is read and while files are made',
    async () => {
      const lines = Array.from({ length: 150 }, (_, i) => lineOf(`line-${i}`, { seed: i, max_tokens: 60 }));
      lines.splice(20, 0, 'no JSON', lineOf('line-3'));
      const { id } = await create(lines);
      await pool.kill('api');
      await eventually(
        'some lines are answered',
        async () => {
          const { request_counts: counts } = await openai.batches.retrieve(id);
          return (counts?.completed ?? 0) >= 20;
        },
        5 * MINUTE_MS,
      );
      await pool.kill('api');
      const status = async () => (await openai.batches.retrieve(id)).status;
      await eventually(
        'nearly all are answered',
        async () => {
          const { request_counts: counts } = await openai.batches.retrieve(id);
          return (counts?.completed ?? 0) >= 140 || (await status()) !== 'in_progress';
        },
        6 * MINUTE_MS,
      );
      await pool.kill('api');
      const batch = await ended(id);
      expect(batch).toMatchObject({
        status: 'completed',
        request_counts: { total: 152, completed: 150, failed: 2 },
      });
      const output = await contentOf(batch.output_file_id);
      expect(output.map((line) => line.custom_id)).toEqual(
        Array.from({ length: 150 }, (_, i) => `line-${i}`),
      );
      const errors = await contentOf(batch.error_file_id);
      expect(errors.map(({ error }) => [error?.line, error?.code])).toEqual([
        [21, 'invalid_json'],
        [22, 'invalid_request'],
      ]);
    },
    10 * MINUTE_MS,
  );

  it(
    'takes 50,000 lines of nearly 200 MiB with little memory, the first of which run while the others are in the file',
    async () => {
      const content = 'x'.repeat(3_900);
      async function* file() {
        for (let i = 0; i < 50_000; i += 1)
          yield Buffer.from(
            `${lineOf(`line-${i}`, { user: content.slice(0, 512), metadata: metadataOf(content) })}\n`,
          );
        await Promise.resolve();
      }
      const before = peakMiB(await statusOf(pool.pidOf('api')));
      const { id: fileId, bytes } = await openai.files.create({
        file: await toFile(Buffer.concat(await collect(file())), 'big.jsonl'),
        purpose: 'batch',
      });
      expect(bytes).toBeGreaterThan(150 * 2 ** 20);
      const { id } = await openai.batches.create({
        input_file_id: fileId,
        endpoint: '/v1/chat/completions',
        completion_window: '24h',
      });
      await eventually(
        'the first lines are answered',
        async () => {
          const { request_counts: counts } = await openai.batches.retrieve(id);
          return (counts?.completed ?? 0) >= 5;
        },
        5 * MINUTE_MS,
      );
      const { request_counts: counts } = await openai.batches.retrieve(id);
      expect(counts?.total).toBe(50_000);
      await openai.batches.cancel(id);
      const all = async () => {
        const { request_counts: now } = await openai.batches.retrieve(id);
        return (now?.completed ?? 0) + (now?.failed ?? 0) === 50_000;
      };
      await eventually('every line has ended', all, 5 * MINUTE_MS);
      // Results are put together, or the files are being made, right now.
      const peak = peakMiB(await statusOf(pool.pidOf('api')));
      await pool.kill('api');
      const batch = await ended(id);
      expect(batch.status).toBe('cancelled');
      expect(await all()).toBe(true);
      const told = await contentOf(batch.error_file_id);
      expect(told).toHaveLength(batch.request_counts?.failed ?? 0);
      const answered = await contentOf(batch.output_file_id);
      const ids = [...told, ...answered].map((line) => line.custom_id);
      expect(new Set(ids).size).toBe(50_000);
      const peakAfter = peakMiB(await statusOf(pool.pidOf('api')));
      process.stdout.write(
        `api: ${before} MiB before, at most ${peak} MiB with a file of ${bytes} bytes, ${peakAfter} MiB when it went on after a kill\n`,
      );
      expect(Math.max(peak, peakAfter)).toBeLessThan(512);
    },
    10 * MINUTE_MS,
  );
});

async function firstOf<T>(stream: AsyncIterable<T>): Promise<T> {
  for await (const one of stream) return one;
  throw new Error('nothing came');
}

async function collect(source: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  for await (const part of source) parts.push(part);
  return parts;
}

/** As much metadata as a request may have, to make its line long and its prompt short. */
const metadataOf = (text: string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`k${i}`, text.slice(0, 500)]));

const statusOf = (pid: number): Promise<string> => readFile(`/proc/${pid}/status`, 'utf8');
const peakMiB = (status: string): number => Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024);
