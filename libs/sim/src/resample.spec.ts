import { describe, expect, it } from 'vitest';
import { paperTrace } from './made-traces';
import { arriving, resampled } from './resample';

const few = paperTrace('gsm8k', { jobs: 5, seed: 3, model: 'qwen2.5-7b' });

describe('a trace that is drawn from another', () => {
  it('has as many jobs as are asked for, each as one of the other, and the same for the same seed', () => {
    const many = resampled(few, 200, 7);
    expect(many.jobs).toHaveLength(200);
    expect(new Set(many.jobs.map(({ jobId }) => jobId)).size).toBe(200);
    const lengths = new Set(few.jobs.map(({ promptTokens }) => promptTokens));
    for (const { promptTokens } of many.jobs) expect(lengths).toContain(promptTokens);
    expect(resampled(few, 200, 7).jobs.map(({ promptTokens }) => promptTokens)).toEqual(
      many.jobs.map(({ promptTokens }) => promptTokens),
    );
  });

  it('comes at the rate that is asked for, or all at once', () => {
    const many = arriving(resampled(few, 2000, 7), 4, 7);
    const lastMs = many.jobs.at(-1)?.createdAtMs ?? 0;
    expect(lastMs / 1000).toBeGreaterThan(2000 / 4 / 1.2);
    expect(lastMs / 1000).toBeLessThan((2000 / 4) * 1.2);
    expect(new Set(arriving(many, undefined, 7).jobs.map(({ createdAtMs }) => createdAtMs))).toEqual(
      new Set([0]),
    );
  });
});
