import { Predictor, stateOf } from '@gistpool/core';
import type { UsualJob } from '@gistpool/engine';
import { connectDispatch, type Dispatch } from '@gistpool/queue';
import { TestRedis } from '@gistpool/queue/testing';
import { createLogger } from '@gistpool/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectedDemand } from './expected-demand';

const job: UsualJob = {
  policy: { kind: 'lightthinker', splitter: 1, gists: [2, 3], continueToken: 4 },
  promptTokens: 64,
  limits: { maxTokens: 2000, maxThoughts: 100, maxThoughtTokens: 400 },
};
const log = createLogger('test', 'silent');

let redis: TestRedis;
let leader: Dispatch;
beforeAll(async () => {
  redis = await TestRedis.start();
  leader = connectDispatch(redis.patientConfig, 'scheduler');
  await leader.hold();
});
afterAll(async () => {
  await leader.close();
  await redis.stop();
});

const demandOf = async () => (await expectedDemand(redis.patientConfig, 'tiny', log))(job);

it('is the upper bound of every session while the pool has published nothing', async () => {
  const { meanCells, deviationCells, widestCells } = await demandOf();
  expect(meanCells).toBe(widestCells);
  expect(deviationCells).toBe(0);
  expect(meanCells).toBeGreaterThan(400);
});

it('is what sessions of the model have held, once the pool has published it', async () => {
  const ended = new Predictor({ eps: 0.05 });
  for (let session = 0; session < 100; session += 1) {
    const progress = ended.begin({ ...job, model: 'tiny', task: 'sums' }, 700, 0);
    for (let thought = 0; thought < 4; thought += 1) ended.thought(progress, 20, 100);
    ended.end(progress, 5, 100);
  }
  await leader.publishPredictions({
    version: 1,
    eps: 0.05,
    publishedAtMs: Date.now(),
    countedUntil: '1-0',
    epochs: { first: 0, sinceMs: [0], endedSince: 100 },
    ended: stateOf(ended),
    running: stateOf(new Predictor({ eps: 0.05 })),
  });
  const { meanCells } = await demandOf();
  expect(meanCells).toBeGreaterThan(job.promptTokens);
  expect(meanCells).toBeLessThan(100);
});
