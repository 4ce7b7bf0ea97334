import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { AnswerFormat } from '@gistpool/contracts';
import { Bench, request } from './testing/card.fixture';
import type { SessionReport } from './types';

const MODEL = join(import.meta.dirname, '../../../models/gistpool-nano-qwen2.gguf');
const QUESTION = 'Alice is older than Bob. Bob is older than Carol. Who is the youngest?';
const bench = new Bench();
afterAll(() => bench.close());

type Finish = Extract<SessionReport, { kind: 'finish' }>;

async function answerOf(
  format: AnswerFormat | undefined,
  more: { logprobs?: number; temperature?: number } = {},
): Promise<Finish> {
  const card = await bench.card(MODEL);
  const sampling = { ...(format && { answer_format: format }), ...more };
  const limits = { max_tokens: 600, max_thoughts: 40, max_thought_tokens: 64 };
  expect(card.admit(request('a', { prompt: QUESTION, sampling, limits }))).toBeUndefined();
  for (;;) {
    const finish = (await card.step()).find((report) => report.kind === 'finish');
    if (finish !== undefined) return finish;
  }
}

const SCHEMA = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 8 },
    age: { type: 'integer' },
    sure: { enum: ['yes', 'no'] },
  },
};

describe('an answer whose form is given', () => {
  it.each([0, 1])(
    'keeps to its schema at temperature %d, and the thoughts are as without it',
    async (temperature) => {
      const plain = await answerOf(undefined, { temperature });
      const held = await answerOf({ type: 'json_schema', schema: SCHEMA }, { temperature });
      expect(held.thoughts).toEqual(plain.thoughts);
      expect(held.reason).toBe('stop');
      expect(JSON.parse(held.answer)).toEqual({
        name: expect.any(String),
        age: expect.any(Number),
        sure: expect.stringMatching(/^(yes|no)$/),
      });
    },
  );

  it('keeps to a grammar', async () => {
    const { answer } = await answerOf({ type: 'grammar', grammar: 'root ::= "It is " [A-Z] [a-z]{2,5} "!"' });
    expect(answer).toMatch(/^It is [A-Z][a-z]{2,5}!$/);
  });

  it('is refused where its grammar is none', async () => {
    const card = await bench.card(MODEL);
    expect(card.formatProblem({ type: 'grammar', grammar: 'root ::= (' })).toContain('no grammar');
    expect(card.formatProblem({ type: 'json_schema', schema: SCHEMA })).toBeUndefined();
    expect(card.formatProblem({ type: 'json_object' })).toBeUndefined();
  });
});

describe('log-probabilities', () => {
  it('are of every token of the answer, and of the likeliest, which greedy sampling chose', async () => {
    const { answer, logprobs = [] } = await answerOf(undefined, { logprobs: 5 });
    expect(logprobs.map(({ token }) => token).join('')).toBe(answer);
    for (const { token, logprob, top_logprobs: top } of logprobs) {
      expect(top).toHaveLength(5);
      expect(top[0]).toMatchObject({ token, logprob });
      expect(top.reduce((sum, one) => sum + Math.exp(one.logprob), 0)).toBeLessThanOrEqual(1 + 1e-5);
    }
  });
});
