import { Predictor, stateOf } from '@gistpool/core';
import type { UsualJob } from '@gistpool/engine';
import { connectDispatch, type Dispatch } from '@gistpool/queue';
import { TestRedis } from '@gistpool/queue/testing';
import { createLogger } from '@gistpool/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Admission, expectedMix, PoolPredictions } from './pool-predictions';

const job: UsualJob = {
  policy: { kind: 'lightthinker', splitter: 1, gists: [2, 3], continueToken: 4 },
  promptTokens: 64,
  limits: { maxTokens: 2000, maxThoughts: 100, maxThoughtTokens: 400 },
};
const WITHIN_MS = 30_000;

let redis: TestRedis;
let leader: Dispatch;
let predictions: PoolPredictions;
beforeAll(async () => {
  redis = await TestRedis.start();
  leader = connectDispatch(redis.patientConfig, 'scheduler');
  await leader.hold();
  predictions = new PoolPredictions(redis.patientConfig, createLogger('test', 'silent'));
});
afterAll(async () => {
  await predictions.close();
  await leader.close();
  await redis.stop();
});

const demand = async (admission: Admission) =>
  expectedMix(await predictions.latest(WITHIN_MS), admission, 'tiny', job).demand;

it('expects the upper bound of every session while the pool has published nothing', async () => {
  expect(await predictions.latest(WITHIN_MS)).toBeUndefined();
  const { meanCells, deviationCells, widestCells } = await demand('predicted');
  expect(meanCells).toBe(widestCells);
  expect(deviationCells).toBe(0);
  expect(meanCells).toBeGreaterThan(400);
});

it('expects what sessions of the model have held, once the pool has published it; not where bounds are reserved', async () => {
  const ended = new Predictor({ eps: 0.05 });
  for (let session = 0; session < 100; session += 1) {
    const progress = ended.begin({ ...job, model: 'tiny', task: 'sums' }, 700, 3);
    for (let thought = 0; thought < 4; thought += 1) ended.thought(progress, 20, 100);
    ended.end(progress, 5, 100);
  }
  const running = new Predictor({ eps: 0.05 });
  running.begin({ ...job, model: 'tiny', task: 'more' }, 700, 4);
  await leader.publishPredictions({
    version: 1,
    eps: 0.05,
    publishedAtMs: 5,
    countedUntil: '1-0',
    epochs: { first: 2, sinceMs: [0, 1, 2], endedSince: 100 },
    ended: stateOf(ended),
    running: stateOf(running),
  });
  const published = await predictions.latest(WITHIN_MS);
  expect(published).toMatchObject({ publishedAtMs: 5, epoch: 4 });
  expect([published?.ended.entries().size, published?.all.entries().size]).toEqual([1, 2]);
  const { meanCells } = await demand('predicted');
  expect(meanCells).toBeGreaterThan(job.promptTokens);
  expect(meanCells).toBeLessThan(120);
  const bounds = await demand('bound');
  expect(bounds.meanCells).toBe(bounds.widestCells);
});
