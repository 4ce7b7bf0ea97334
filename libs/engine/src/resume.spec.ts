import type { SessionCheckpoint } from '@gistpool/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LaneCard } from './card';
import { Bench, request, runAll, runAlone } from './testing/card.fixture';
import type { SessionRequest } from './types';

describe('a session taken up again from a checkpoint', () => {
  const bench = new Bench();
  let lightThinker: LaneCard;
  let vanilla: LaneCard;
  beforeAll(async () => {
    lightThinker = await bench.card(bench.model('resume', { gists: 3 }));
    vanilla = await bench.card(bench.model('resume-vanilla'));
  });
  afterEach(() => {
    bench.expectSoundCards();
  });
  afterAll(() => bench.close());

  const greedy = {};
  const seeded = { temperature: 0.9, top_k: 40, top_p: 0.95, min_p: 0.01, seed: 1234 };
  const penalised = { repeat_penalty: 1.3 };
  const vanillaLimits = { max_tokens: 200, max_thoughts: 5, max_thought_tokens: 200 };

  const cutAt = async (card: LaneCard, job: SessionRequest, step: number): Promise<SessionCheckpoint> => {
    card.admit(job);
    for (let index = 0; index < step; index++) await card.step();
    const checkpoint = card.evict(job.jobId);
    if (checkpoint === undefined) throw new Error(`job ${job.jobId} has ended`);
    return checkpoint;
  };

  it.each([
    ['greedy', greedy],
    ['seeded', seeded],
    ['with a repeat penalty', penalised],
  ])('%s: from every compression, the text is that of the uninterrupted session', async (_name, sampling) => {
    const job = request('whole', { sampling });
    const whole = await runAlone(lightThinker, job);
    const checkpoints = whole.reports.flatMap((report) =>
      report.kind === 'compression' ? [report.checkpoint] : [],
    );
    expect(checkpoints.length).toBeGreaterThan(5);
    for (const checkpoint of checkpoints) {
      const resumed = await runAlone(lightThinker, { ...job, checkpoint });
      expect(resumed.finish?.text).toBe(whole.finish?.text);
      expect(resumed.finish?.accounting.replayedTokens).toBeGreaterThan(checkpoint.sampled.length);
      expect(resumed.finish?.accounting.generatedTokens).toBe(whole.finish?.accounting.generatedTokens);
      const told = resumed.reports.flatMap((report) =>
        report.kind === 'compression' ? [report.thought] : [],
      );
      expect(told).toEqual(checkpoints.map((_, index) => index).slice(checkpoint.thoughts));
    }
  });

  it.each([
    ['greedy', greedy],
    ['seeded', seeded],
    ['with a repeat penalty', penalised],
  ])('%s: handed back at any step, under either policy', async (_name, sampling) => {
    for (const [card, limits] of [
      [lightThinker, undefined],
      [vanilla, vanillaLimits],
    ] as const) {
      const job = request('handed-back', { sampling, ...(limits === undefined ? {} : { limits }) });
      const whole = (await runAlone(card, job)).finish?.text;
      for (const step of [1, 2, 37, 90, 150]) {
        const checkpoint = await cutAt(card, job, step);
        expect((await runAlone(card, { ...job, checkpoint })).finish?.text).toBe(whole);
      }
    }
  });

  it('in another slot, beside other sessions', async () => {
    const job = request('moved', { sampling: seeded });
    const whole = (await runAlone(lightThinker, job)).finish?.text;
    const checkpoint = await cutAt(lightThinker, job, 100);
    lightThinker.admit(request('a'));
    lightThinker.admit(request('b', { sampling: seeded }));
    lightThinker.admit({ ...job, checkpoint });
    expect((await runAll(lightThinker)).get('moved')?.finish?.text).toBe(whole);
  });

  it('two seeds say different things, one seed the same', async () => {
    const say = async (seed: number): Promise<string | undefined> =>
      (await runAlone(lightThinker, request('seed', { sampling: { ...seeded, seed } }))).finish?.text;
    expect(await say(1)).toBe(await say(1));
    expect(await say(1)).not.toBe(await say(2));
  });
});
