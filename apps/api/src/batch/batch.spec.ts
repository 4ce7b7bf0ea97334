import { request } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BatchReceipt, JobFilter, JobPage, MAX_BATCH_LINE_BYTES } from '@gistpool/contracts';
import { connectJobs } from '@gistpool/queue';
import { errorOf } from '../testing/errors';
import { TestPool } from '../testing/test-pool';

let pool: TestPool;
beforeAll(async () => {
  pool = await TestPool.start();
});
afterAll(() => pool.stop());

const line = (prompt: string, more: object = {}) => JSON.stringify({ prompt, ...more });

describe('a batch', () => {
  it('becomes one job per line, in order, under one batch id', async () => {
    const { status, receipt } = await pool.batch(`${line('a', { custom_id: 'A' })}\n${line('b')}\n`);
    expect(status).toBe(200);
    expect(BatchReceipt.parse(receipt)).toMatchObject({
      object: 'batch',
      accepted: 2,
      rejected: 0,
      errors: [],
    });
    expect(receipt.jobs.map(({ line, custom_id }) => [line, custom_id])).toEqual([
      [1, 'A'],
      [2, undefined],
    ]);
    const page = JobPage.parse(await (await pool.fetch(`/v1/jobs?batch=${receipt.id}`)).json());
    expect(page.data.map((job) => job.id).toReversed()).toEqual(receipt.jobs.map((job) => job.id));
    expect(page.data[0]?.batch).toBe(receipt.id);
  });

  it('takes the good lines around a bad one, and names the bad one', async () => {
    const { status, receipt } = await pool.batch(
      [line('a'), '{"prompt": ', line('c'), line('', {}), line('e')].join('\n'),
    );
    expect(status).toBe(207);
    expect(receipt.jobs.map((job) => job.line)).toEqual([1, 3, 5]);
    expect(receipt.errors.map(({ line, error }) => [line, error.code, error.param])).toEqual([
      [2, 'invalid_json', null],
      [4, 'invalid_request', 'prompt'],
    ]);
  });

  it('refuses a line of 3 MB with its number, and reads on', async () => {
    const long = line('x'.repeat(3_000_000));
    const { status, receipt } = await pool.batch([line('a'), long, line('c')].join('\n'));
    expect(status).toBe(207);
    expect(receipt.jobs.map((job) => job.line)).toEqual([1, 3]);
    expect(receipt.errors).toMatchObject([{ line: 2, error: { code: 'line_too_long' } }]);
    expect(receipt.errors[0]?.error.message).toContain(String(long.length));
  });

  it('takes a line of exactly the longest length, with a byte order mark and CRLF not counted', async () => {
    const most = line('w'.repeat(MAX_BATCH_LINE_BYTES - line('').length));
    expect(Buffer.byteLength(most)).toBe(MAX_BATCH_LINE_BYTES);
    const { status, receipt } = await pool.batch(`\ufeff${most}\r\n${most}x\r\n`);
    expect(status).toBe(207);
    expect(receipt.jobs.map((job) => job.line)).toEqual([1]);
    expect(receipt.errors).toMatchObject([{ line: 2, error: { code: 'line_too_long' } }]);
  });

  it('skips blank lines but counts them, and needs no newline at the end', async () => {
    const { status, receipt } = await pool.batch(`\ufeff${line('a')}\r\n\r\n   \n\n${line('b')}`);
    expect(status).toBe(200);
    expect(receipt.jobs.map((job) => job.line)).toEqual([1, 5]);
  });

  it('refuses the second use of a custom_id and names the first', async () => {
    const lines = [
      line('a', { custom_id: 'x' }),
      line('b', { custom_id: 'y' }),
      line('c', { custom_id: 'x' }),
    ];
    const { status, receipt } = await pool.batch(lines.join('\n'));
    expect(status).toBe(207);
    expect(receipt.errors).toMatchObject([
      { line: 3, error: { param: 'custom_id', message: 'custom_id: line 1 has the same one' } },
    ]);
  });

  it('tells line by line what does not fit and which model is unknown', async () => {
    const { status, receipt } = await pool.batch(
      [line('w '.repeat(600)), line('b', { model: 'giant' }), line('c')].join('\n'),
    );
    expect(status).toBe(207);
    expect(receipt.errors.map(({ line, error }) => [line, error.code])).toEqual([
      [1, 'does_not_fit'],
      [2, 'unknown_model'],
    ]);
  });

  it('is 400 with a receipt when every line was refused', async () => {
    const { status, receipt } = await pool.batch('nope\n{}\n\u0000\n');
    expect(status).toBe(400);
    expect(receipt).toMatchObject({ accepted: 0, rejected: 3, jobs: [] });
  });

  it('refuses bytes that are no UTF-8 line by line', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"prompt": "'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from(`"}\n${line('ü🧮')}\n`),
    ]);
    const { receipt } = await pool.batch(bytes);
    expect(receipt.errors).toMatchObject([{ line: 1, error: { code: 'invalid_json' } }]);
    expect(receipt.jobs.map((job) => job.line)).toEqual([2]);
  });

  it.each([
    'application/x-ndjson',
    'application/jsonl',
    'text/plain; charset=utf-8',
    'application/octet-stream',
  ])('may come as %s', async (type) => {
    expect((await pool.batch(line('a'), type)).status).toBe(200);
  });

  it('that is empty, or of another content type, is refused', async () => {
    for (const body of ['', '\n\n \r\n']) {
      expect(await errorOf(await pool.post('/v1/jobs/batch', body, 'text/plain'))).toMatchObject({
        status: 400,
        code: 'invalid_request',
      });
    }
    const json = await errorOf(await pool.post('/v1/jobs/batch', '[]', 'application/json'));
    expect(json).toMatchObject({ status: 415, param: 'content-type' });
    expect(json.message).toContain('application/x-ndjson');
  });
});

describe('a large batch', () => {
  /** What the process holds at most while `work` runs. */
  async function peakBytes(work: Promise<unknown>): Promise<number> {
    let peak = 0;
    const timer = setInterval(() => {
      const { heapUsed, external } = process.memoryUsage();
      peak = Math.max(peak, heapUsed + external);
    }, 5);
    await work;
    clearInterval(timer);
    return peak;
  }

  it('of 10,000 lines is taken whole', async () => {
    const lines = Array.from({ length: 10_000 }, (_, i) =>
      line(`sum ${i} and ${i + 1}`, { custom_id: `c${i}`, tenant: 'bulk' }),
    );
    const { status, receipt } = await pool.batch(lines.join('\n'));
    expect(status).toBe(200);
    expect(receipt.accepted).toBe(10_000);
    expect(new Set(receipt.jobs.map((job) => job.id)).size).toBe(10_000);
    expect(receipt.jobs.map((job) => job.line)).toEqual(lines.map((_, i) => i + 1));
  });

  it('of 400 MB in overlong lines is read past in bounded memory', async () => {
    const chunk = Buffer.alloc(1 << 20, 'x');
    async function* body() {
      for (let i = 1; i <= 400; i += 1) {
        yield chunk;
        if (i % 50 === 0) yield Buffer.from(`\n${line('good')}\n`);
      }
    }
    const before = process.memoryUsage();
    const init = { method: 'POST', headers: { 'content-type': 'application/x-ndjson' }, duplex: 'half' };
    const sent = pool.fetch('/v1/jobs/batch', {
      ...init,
      body: Readable.toWeb(Readable.from(body())),
    } as RequestInit);
    const peak = await peakBytes(sent);
    const receipt = BatchReceipt.parse(await (await sent).json());
    expect(receipt).toMatchObject({ accepted: 8, rejected: 8 });
    expect(receipt.errors[0]?.error.message).toContain(String(50 * 2 ** 20));
    expect(peak - before.heapUsed - before.external).toBeLessThan(100 * 2 ** 20);
  });

  /** Sends 600 lines and then neither more nor an end. */
  async function unfinished(to: TestPool, tenant: string) {
    const { port } = new URL(to.api.url);
    const headers = { 'content-type': 'application/x-ndjson' };
    const sending = request({ port, host: '127.0.0.1', path: '/v1/jobs/batch', method: 'POST', headers });
    sending.on('error', () => undefined);
    for (let i = 0; i < 600; i += 1) sending.write(`${line(`p${i}`, { tenant })}\n`);
    const counts = async () => {
      const jobs = connectJobs(to.queueConfig);
      const { jobs: all } = await jobs.list(JobFilter.parse({ tenant, limit: 500 }));
      await jobs.close();
      return { all: all.length, cancelled: all.filter((job) => job.state === 'cancelled').length };
    };
    await expect.poll(async () => (await counts()).all, { timeout: 20_000 }).toBe(500);
    return { sending, counts };
  }

  it('whose client breaks off is taken back, so that it can be sent again', async () => {
    const { sending, counts } = await unfinished(pool, 'torn');
    sending.destroy();
    await expect.poll(counts, { timeout: 20_000 }).toEqual({ all: 500, cancelled: 500 });
    expect(pool.log.filter((text) => text.includes('a request failed'))).toEqual([]);
  });

  it('that has no end when the api stops is taken back', async () => {
    const other = await TestPool.start();
    const { counts } = await unfinished(other, 'stopped');
    await other.api.close();
    expect(await counts()).toEqual({ all: 500, cancelled: 500 });
    await other.stop();
  });
});
