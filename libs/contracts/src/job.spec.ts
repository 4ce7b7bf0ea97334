import { describe, expect, it } from 'vitest';
import { isTerminal, JOB_STATES, JobFilter, JobRequest } from './job';

const problems = (input: unknown): string[] => {
  const parsed = JobRequest.safeParse(input);
  return parsed.success ? [] : parsed.error.issues.map((issue) => issue.path.join('.'));
};

describe('a job request', () => {
  it('needs no more than a prompt: greedy, default tenant, first priority, the model left open', () => {
    expect(JobRequest.parse({ prompt: 'Why?' })).toEqual({
      prompt: 'Why?',
      tenant: 'default',
      priority: 0,
      tags: [],
      retries: 0,
      retry_backoff_ms: 1000,
      limits: {},
      metadata: {},
      sampling: {
        temperature: 0,
        top_k: 0,
        top_p: 1,
        min_p: 0,
        repeat_penalty: 1,
        stop: [],
        logit_bias: {},
      },
    });
  });

  it('takes a prompt or messages, never both and never neither', () => {
    const messages = [{ role: 'user', content: 'Why?' }];
    expect(problems({ messages })).toEqual([]);
    expect(problems({ prompt: 'Why?', messages })).toEqual(['prompt']);
    expect(problems({})).toEqual(['prompt']);
  });

  it('names every wrong field by its path', () => {
    expect(
      problems({ prompt: '', limits: { max_tokens: -1 }, sampling: { top_p: 0 }, tenant: 'a b' }).sort(),
    ).toEqual(['limits.max_tokens', 'prompt', 'sampling.top_p', 'tenant']);
  });

  it('refuses a field it does not know, so that a misspelt one is not ignored', () => {
    expect(JobRequest.safeParse({ prompt: 'Why?', temprature: 1 }).success).toBe(false);
  });
});

describe('a filter of jobs', () => {
  it('reads its limit from a query string', () => {
    expect(JobFilter.parse({ limit: '7' })).toEqual({ limit: 7 });
    expect(JobFilter.safeParse({ limit: '0' }).success).toBe(false);
    expect(JobFilter.safeParse({ limit: 'many' }).success).toBe(false);
  });
});

describe('the states of a job', () => {
  it('ends as completed, failed, cancelled or expired', () => {
    expect(JOB_STATES.filter(isTerminal)).toEqual(['completed', 'failed', 'cancelled', 'expired']);
  });
});
