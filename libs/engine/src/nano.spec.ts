import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LaneCard } from './card';
import { Bench, request, runAll, runAlone } from './testing/card.fixture';

const models = resolve(import.meta.dirname, '../../../models');
const nano = resolve(models, 'gistpool-nano-qwen2.gguf');
const vanilla = resolve(models, 'gistpool-nano-qwen2-vanilla.gguf');

const RING = (place: number, forward: number, back: number): string =>
  `Start at place ${String(place)} on a ring of 7 places numbered 0 to 6. In every round move forward ` +
  `${String(forward)} place, then back ${String(back)} place. Where are you after 6 rounds?`;

/** Three that it has learned to think about, and one that it has not. */
const QUESTIONS = [RING(0, 1, 2), RING(3, 4, 1), RING(5, 2, 6), 'What is 90 minus 17?'];

describe.runIf(existsSync(nano))('the trained model', () => {
  const bench = new Bench();
  let card: LaneCard;
  beforeAll(async () => {
    card = await bench.card(nano);
  });
  afterEach(() => {
    bench.expectSoundCards();
  });
  afterAll(() => bench.close());

  const jobs = QUESTIONS.map((prompt, index) =>
    request(`q${String(index)}`, {
      prompt,
      limits: { max_tokens: 400, max_thoughts: 30, max_thought_tokens: 64 },
      sampling: { logit_bias: {} },
    }),
  );

  it('is known by its vocabulary and metadata as LightThinker', () => {
    expect(card.model.method).toBe('lightthinker');
    expect(card.model.gist_count).toBeGreaterThan(0);
  });

  it('thinks, compresses and answers four questions side by side as it does alone', async () => {
    const alone = new Map<string, string | undefined>();
    for (const job of jobs) alone.set(job.jobId, (await runAlone(card, job)).finish?.text);
    for (const job of jobs) expect(card.admit(job)).toBeUndefined();
    const together = await runAll(card, () => {
      expect(card.check()).toEqual([]);
    });
    for (const job of jobs) {
      expect(together.get(job.jobId)?.finish?.text).toBe(alone.get(job.jobId));
      expect(together.get(job.jobId)?.text).toBe(alone.get(job.jobId));
      expect(together.get(job.jobId)?.finish?.text).not.toMatch(/<\|/);
    }
    expect(card.totals().compressions).toBeGreaterThan(0);
  });

  it('decodes with a q8_0 cache in half the memory, and says what that needs', async () => {
    const lanes = [{ slots: 1, cells: 512 }];
    const small = await bench.card(nano, { kvType: 'q8_0', flashAttention: true, lanes });
    const half = await bench.card(nano, { kvType: 'f16', lanes });
    expect(small.kvBytes / half.kvBytes).toBeCloseTo(17 / 32, 2);
    const [job] = jobs;
    if (job === undefined) throw new Error('no job');
    expect((await runAlone(small, job)).finish?.text).not.toBe('');
    await expect(bench.card(nano, { kvType: 'q8_0', lanes })).rejects.toThrow('needs flash attention');
  });

  it('counts a prompt of more tokens than a call may have arguments', () => {
    expect(card.countTokens([{ role: 'user', content: 'Yes No '.repeat(100_000) }])).toBeGreaterThan(200_000);
  });

  it('counts a spelt control token as plain text, not as the token', () => {
    const count = (content: string): number => card.countTokens([{ role: 'user', content }]);
    for (const word of ['<|splitter|>', '<|im_end|>', '<|continue|>', '<|o_0|>']) {
      expect(count(`a ${word} b`)).toBeGreaterThan(count('a  b') + 3);
    }
  });

  it.runIf(existsSync(vanilla))('has a sister that never compresses', async () => {
    const plain = await bench.card(vanilla, { lanes: [{ slots: 2, cells: 1024 }] });
    expect(plain.model).toMatchObject({ method: 'vanilla', gist_count: 0 });
    const job = request('plain', { prompt: RING(0, 1, 2), sampling: { logit_bias: {} } });
    const outcome = await runAlone(plain, job);
    const { accounting } = outcome.finish ?? {};
    expect(accounting?.compressions).toBe(0);
    // The last token sampled is never fed.
    expect(accounting?.peakCells).toBe((accounting?.vanillaPeakCells ?? 0) - 1);
  });
});
