import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JobPage, JobView, type JobResult } from '@gistpool/contracts';
import { errorOf } from '../testing/errors';
import { TestPool, USAGE } from '../testing/test-pool';

let pool: TestPool;
beforeAll(async () => {
  pool = await TestPool.start();
});
afterAll(() => pool.stop());

describe('submitting a job', () => {
  it('answers 201 with the job, its address, its length in tokens and its upper bound', async () => {
    const answer = await pool.post(
      '/v1/jobs',
      JSON.stringify({ prompt: 'one two three', custom_id: 'mine' }),
    );
    expect(answer.status).toBe(201);
    const job = JobView.parse(await answer.json());
    expect(answer.headers.get('location')).toBe(`/v1/jobs/${job.id}`);
    expect(job).toMatchObject({
      state: 'waiting',
      model: 'nano',
      custom_id: 'mine',
      prompt_tokens: 3,
      limits: { max_tokens: 600, max_thoughts: 40, max_thought_tokens: 48 },
    });
    expect(job.predicted_peak_cells).toBeGreaterThan(3 + 40 * 4);
    expect(job.predicted_peak_cells).toBeLessThanOrEqual(512);
    expect(JobView.parse(await pool.get(job.id))).toEqual(job);
  });

  it('keeps emoji, right-to-left text and NUL as they were sent', async () => {
    const odd = '🧮👩‍👩‍👧 שלום \u202eabc\u202c a\u0000b \u2028';
    const job = await pool.submit({
      messages: [{ role: 'user', content: odd }],
      metadata: { odd },
      custom_id: odd,
    });
    const lease = await pool.worker
      .takeNext('reasoning.nano.default')
      .then(async (first) =>
        first.job.id === job.id ? first : pool.worker.takeNext('reasoning.nano.default'),
      );
    expect(lease.job.messages).toEqual([{ role: 'user', content: odd }]);
    expect(await pool.get(job.id)).toMatchObject({ metadata: { odd }, custom_id: odd });
    await lease.cancelled(USAGE);
  });

  it('takes 100 at once and gives each an id of its own', async () => {
    const jobs = await Promise.all(
      Array.from({ length: 100 }, (_, i) => pool.submit({ prompt: `job ${i}`, tenant: 'many' })),
    );
    expect(new Set(jobs.map((job) => job.id)).size).toBe(100);
    const page = JobPage.parse(await (await pool.fetch('/v1/jobs?tenant=many&limit=500')).json());
    expect(page.data).toHaveLength(100);
  });

  it('keeps a seed that was named, and draws one where none was', async () => {
    await pool.submit({ prompt: 'a', tenant: 'seeds', sampling: { seed: 7 } });
    await pool.submit({ prompt: 'b', tenant: 'seeds' });
    const named = await pool.worker.takeNext('reasoning.nano.seeds');
    const drawn = await pool.worker.takeNext('reasoning.nano.seeds');
    expect(named.job.sampling.seed).toBe(7);
    expect(drawn.job.sampling.seed).toBeGreaterThanOrEqual(0);
    expect(drawn.job.sampling).toMatchObject({ temperature: 0, stop: [] });
  });

  it('shrinks a default limit, but no named one, when only the length of the prompt is in the way', async () => {
    const prompt = 'w '.repeat(390);
    const job = await pool.submit({ prompt });
    expect(job.limits.max_thoughts).toBeGreaterThanOrEqual(16);
    expect(job.limits.max_thoughts).toBeLessThan(40);
    expect(job.predicted_peak_cells).toBeLessThanOrEqual(512);
    const named = await errorOf(
      await pool.post('/v1/jobs', JSON.stringify({ prompt, limits: { max_thoughts: 40 } })),
    );
    expect(named).toMatchObject({ status: 422, code: 'does_not_fit', param: 'limits' });
    expect(named.message).toContain(
      `With limits.max_thoughts of at most ${job.limits.max_thoughts} it fits.`,
    );
  });
});

describe('reading jobs', () => {
  it('joins the result of a job that has ended', async () => {
    const { id } = await pool.submit({ prompt: 'what is 2 + 2', tenant: 'ended' });
    const lease = await pool.worker.takeNext('reasoning.nano.ended');
    expect(await pool.get(id)).toMatchObject({ state: 'placed', card: 'card-0' });
    await lease.report([{ type: 'thought', thought: 0, text: 'add', tokens: 3 }], {
      state: 'thinking',
      thoughts: 1,
    });
    expect(await pool.get(id)).toMatchObject({ state: 'thinking', thoughts: 1 });
    const result: JobResult = { answer: '4 ✅', text: 'add\n4 ✅', thoughts: ['add'], finish_reason: 'stop' };
    await pool.putResult(id, result);
    await lease.complete(USAGE, 'stop');
    const job = JobView.parse(await pool.get(id));
    expect(job).toMatchObject({ state: 'completed', result, usage: USAGE });
    expect(job.finished_at_ms).toBeGreaterThan(0);
  });

  it('shows how a job ran, and in a list only if asked', async () => {
    const { id } = await pool.submit({ prompt: 'x', task: 'coursed', tenant: 'coursed' });
    const lease = await pool.worker.takeNext('reasoning.nano.coursed');
    await lease.complete(USAGE, 'stop', { thoughtTokens: [7, 3], tailTokens: 2 });
    const course = { thought_tokens: [7, 3], tail_tokens: 2 };
    expect((await pool.get(id)) as JobView).toMatchObject({ course });
    const listed = async (query: string) =>
      JobPage.parse(await (await pool.fetch(`/v1/jobs?task=coursed${query}`)).json()).data[0]?.course;
    expect(await listed('')).toBeUndefined();
    expect(await listed('&include=course')).toEqual(course);
  });

  it('shows why a job failed', async () => {
    const { id } = await pool.submit({ prompt: 'x', tenant: 'failing' });
    const lease = await pool.worker.takeNext('reasoning.nano.failing');
    await lease.fail({ code: 'poison', message: 'three workers were lost with it' });
    expect(await pool.get(id)).toMatchObject({ state: 'failed', error: { code: 'poison' } });
  });

  it('pages through a list without loss or repetition, and filters', async () => {
    for (let i = 0; i < 7; i += 1) await pool.submit({ prompt: `p${i}`, task: 'paging' });
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = JobPage.parse(await (await pool.fetch(`/v1/jobs?task=paging&limit=3${query}`)).json());
      seen.push(...page.data.map((job) => job.id));
      cursor = page.next_cursor;
    }
    expect(seen).toHaveLength(7);
    expect(seen).toEqual([...new Set(seen)].toSorted().toReversed());
    const none = JobPage.parse(await (await pool.fetch('/v1/jobs?task=paging&state=failed')).json());
    expect(none.data).toEqual([]);
  });

  it.each(['limit=0', 'limit=many', 'state=asleep', 'cursor=abc', 'include=text', 'colour=red'])(
    'refuses the filter %s and names it',
    async (query) => {
      const error = await errorOf(await pool.fetch(`/v1/jobs?${query}`));
      expect(error).toMatchObject({ status: 400, code: 'invalid_request', param: query.split('=')[0] });
    },
  );

  it.each([
    '/v1/jobs/job_none',
    '/v1/jobs/job_none/events',
    '/v1/jobs/..%2f..%2fetc',
    '/v1/jobs/%F0%9F%A7%AE',
  ])('answers 404 job_not_found for %s', async (path) => {
    expect(await errorOf(await pool.fetch(path))).toMatchObject({
      status: 404,
      code: 'job_not_found',
      param: 'id',
    });
  });
});

describe('cancelling a job', () => {
  const cancel = (id: string) => pool.fetch(`/v1/jobs/${id}`, { method: 'DELETE' });

  it('ends a waiting job at once, and says so again when asked again', async () => {
    const { id } = await pool.submit({ prompt: 'x' });
    const first = await cancel(id);
    expect(first.status).toBe(200);
    expect(await first.json()).toEqual({
      object: 'job.cancel',
      id,
      outcome: 'cancelled',
      state: 'cancelled',
    });
    const second = await cancel(id);
    expect(second.status).toBe(200);
    expect(await second.json()).toMatchObject({ outcome: 'already_ended', state: 'cancelled' });
  });

  it('reaches the worker of a running job', async () => {
    const { id } = await pool.submit({ prompt: 'x', tenant: 'running' });
    const lease = await pool.worker.takeNext('reasoning.nano.running');
    const told = new Promise<string>((resolve) => pool.worker.port.onStop(resolve));
    const answer = await cancel(id);
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ outcome: 'cancelling', state: 'placed' });
    expect(await told).toBe(id);
    await lease.cancelled(USAGE);
    expect(await pool.get(id)).toMatchObject({ state: 'cancelled' });
  });

  it('takes a content type without a body, as some clients send it', async () => {
    const { id } = await pool.submit({ prompt: 'x' });
    const answer = await pool.fetch(`/v1/jobs/${id}`, {
      method: 'DELETE',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(200);
  });

  it('answers 404 for a job that never was', async () => {
    expect(await errorOf(await cancel('job_never'))).toMatchObject({ status: 404, code: 'job_not_found' });
  });
});
