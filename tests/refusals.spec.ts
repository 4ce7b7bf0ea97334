import { isTerminal } from '@gistpool/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/conditions';
import { QUESTION, ramblingJob, RunningPool } from './support/running-pool';

const MINUTE_MS = 60_000;

interface Refusal {
  readonly status: number;
  readonly error: { readonly code: string; readonly message: string; readonly param: string | null };
}

describe('a pool that gets bad input while it works', () => {
  let pool: RunningPool;
  let bystander: string;

  beforeAll(async () => {
    pool = await RunningPool.start();
    bystander = (await pool.submit(ramblingJob(1500))).id;
    await eventually('the bystander thinks', async () => ((await pool.job(bystander)).thoughts ?? 0) > 1);
  }, 3 * MINUTE_MS);

  afterAll(() => pool.remove());

  const refused = async (body: string): Promise<Refusal> => {
    const response = await fetch(`${pool.url}/v1/jobs`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    const answer = (await response.json()) as { error: Refusal['error'] };
    return { status: response.status, error: answer.error };
  };

  it('refuses a prompt of 100,000 words with what it needs and what the largest slot holds', async () => {
    const { status, error } = await refused(JSON.stringify({ prompt: 'Yes No '.repeat(50_000) }));
    expect(status).toBe(422);
    expect(error).toMatchObject({ code: 'does_not_fit', param: 'prompt' });
    expect(error.message).toMatch(/\d{3},\d{3} cells/);
    expect(error.message).toContain('768');
  });

  it('refuses an empty prompt', async () => {
    expect(await refused(JSON.stringify({ prompt: '' }))).toMatchObject({
      status: 400,
      error: {
        code: 'invalid_request',
        message: expect.stringContaining('empty') as string,
        param: 'prompt',
      },
    });
  });

  it('refuses what is no JSON', async () => {
    expect(await refused('{"prompt": "half a')).toMatchObject({
      status: 400,
      error: { code: 'invalid_json' },
    });
  });

  it('refuses a model that nobody serves, and names those that are served', async () => {
    const { status, error } = await refused(JSON.stringify({ prompt: QUESTION, model: 'gpt-9' }));
    expect(status).toBe(400);
    expect(error).toMatchObject({ code: 'unknown_model', param: 'model' });
    expect(error.message).toContain('gistpool-nano-qwen2');
  });

  it('refuses a negative limit by its name', async () => {
    expect(await refused(JSON.stringify({ prompt: QUESTION, limits: { max_tokens: -5 } }))).toMatchObject({
      status: 400,
      error: { code: 'invalid_request', param: 'limits.max_tokens' },
    });
  });

  it('takes a batch but for its bad line in the middle and its line of 3 MB', async () => {
    const good = JSON.stringify({ prompt: QUESTION, limits: { max_tokens: 8 } });
    const lines = [
      good,
      good,
      '{"prompt": 7}',
      good,
      JSON.stringify({ prompt: 'x'.repeat(3_000_000) }),
      good,
    ];
    const response = await fetch(`${pool.url}/v1/jobs/batch`, {
      method: 'POST',
      body: lines.join('\n'),
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect(response.status).toBe(207);
    expect(await response.json()).toMatchObject({
      accepted: 4,
      rejected: 2,
      errors: [
        { line: 3, error: { code: 'invalid_request', param: 'prompt' } },
        { line: 5, error: { code: 'line_too_long' } },
      ],
    });
  });

  it(
    'disturbs nobody with any of it: the job that was running goes on to its end, without a resume',
    async () => {
      const job = await eventually(
        'the bystander ends',
        async () => {
          const now = await pool.job(bystander);
          return isTerminal(now.state) && now;
        },
        3 * MINUTE_MS,
      );
      expect(job).toMatchObject({ state: 'completed', usage: { resumes: 0 } });
    },
    4 * MINUTE_MS,
  );
});
