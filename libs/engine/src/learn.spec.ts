import { groupFigures, Predictor, type JobFeatures } from '@gistpool/core';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { LaneCard } from './card';
import { Bench, request } from './testing/card.fixture';
import { planFor } from './testing/reshaping.fixture';
import type { SessionReport } from './types';

describe('a card that is told what the pool has learnt', () => {
  const bench = new Bench();
  const modelPath = bench.model('learns', { gists: 3 });
  let card: LaneCard;
  beforeEach(async () => {
    card = await bench.card(modelPath);
  });
  afterAll(() => bench.close());

  const job = request('a');

  /** As if so many sessions of such jobs had ended in the pool. */
  function pool(sessions: number): Predictor {
    const { max_tokens, max_thoughts, max_thought_tokens } = job.limits;
    const features: JobFeatures = {
      model: 'test',
      policy: card.usualJob.policy,
      task: '',
      promptTokens: card.countTokens(job.messages),
      limits: { maxTokens: max_tokens, maxThoughts: max_thoughts, maxThoughtTokens: max_thought_tokens },
    };
    const predictor = new Predictor({ eps: 0.1 });
    for (let session = 0; session < sessions; session++) {
      const progress = predictor.begin(features, 300, 7);
      for (let thought = 0; thought < 3; thought++)
        predictor.thought(progress, 10, features.promptTokens + 20);
      predictor.end(progress, 3, features.promptTokens + 20);
    }
    return predictor;
  }

  /** What would be set aside for the job now. */
  async function foreseen(): Promise<number | undefined> {
    const reports: SessionReport[] = [];
    await card.reshape(planFor(card, { lanes: [{ slots: 4, cells: 512 }], poolSessions: 1 }), reports);
    const moved = reports.find(({ kind, jobId }) => kind === 'moved' && jobId === 'a');
    return moved?.kind === 'moved' ? moved.reservedCells : undefined;
  }

  const counted = () => groupFigures(card.predictor)[0];

  async function stepUntil(isIt: (report: SessionReport) => boolean): Promise<void> {
    while (!(await card.step()).some(isIt)) expect(card.sessions()).toBeGreaterThan(0);
  }

  it('foresees a session at once by it, and not by its bound', async () => {
    card.admit(job);
    const bound = await foreseen();
    card.learn(pool(100), 7);
    const promptTokens = card.countTokens(job.messages);
    expect(await foreseen()).toBeLessThan(promptTokens + 30);
    expect(bound).toBeGreaterThan(promptTokens + 60);
  });

  it('counts what runs here once, however often it is told, and forgets nothing of it', async () => {
    card.admit(job);
    await stepUntil(({ kind }) => kind === 'compression');
    await stepUntil(({ kind }) => kind === 'compression');
    expect(counted()).toMatchObject({ coverage: { promises: 1 }, endedSessions: 0 });
    for (let again = 0; again < 3; again++) {
      card.learn(pool(50), 7);
      expect(counted()).toMatchObject({ coverage: { promises: 1 }, endedSessions: 0 });
    }
    await stepUntil(({ kind }) => kind === 'finish');
    expect(counted()).toMatchObject({ coverage: { promises: 1 }, endedSessions: 1 });
  });

  it('leaves what ended here to the pool, which tells of it the next time', async () => {
    card.admit(job);
    await stepUntil(({ kind }) => kind === 'finish');
    expect(counted()).toMatchObject({ endedSessions: 1 });
    card.learn(pool(51), 7);
    expect(counted()).toBeUndefined();
  });
});
