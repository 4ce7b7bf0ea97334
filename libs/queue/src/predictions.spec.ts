import { afterAll, beforeAll, expect, it } from 'vitest';
import { Predictor, stateOf, type JobFeatures } from '@gistpool/core';
import { connectDispatch } from './dispatch';
import { connectPredictions, predictorFrom, type Predictions } from './predictions';
import { TestRedis } from './testing.fixture';

const features: JobFeatures = {
  model: 'tiny',
  policy: { kind: 'vanilla' },
  task: '',
  promptTokens: 10,
  limits: { maxTokens: 1000, maxThoughts: 10, maxThoughtTokens: 50 },
};

let redis: TestRedis;
beforeAll(async () => (redis = await TestRedis.start()));
afterAll(() => redis.stop());

function learnt(sessions: number, countedUntil: string): Predictions {
  const [ended, running] = [new Predictor({ eps: 0.1 }), new Predictor({ eps: 0.1 })];
  for (let n = 0; n < sessions; n += 1) ended.end(ended.begin(features, 1010, 0), 90, 100);
  running.begin(features, 1010, 0);
  return {
    version: 1,
    eps: 0.1,
    publishedAtMs: Date.now(),
    countedUntil,
    epochs: { first: 0, sinceMs: [0], endedSince: sessions },
    ended: stateOf(ended),
    running: stateOf(running),
  };
}

it('what the leader publishes all others read, and predict by', async () => {
  const reader = connectPredictions(redis.config);
  const leader = connectDispatch(redis.patientConfig, 'a');
  expect(await reader.latest()).toBeUndefined();
  expect(await leader.hold()).toBe(true);
  expect(await leader.publishPredictions(learnt(50, '5-0'))).toBe(true);
  const latest = await reader.latest();
  expect(latest).toEqual({ ...learnt(50, '5-0'), publishedAtMs: latest?.publishedAtMs });
  const read = latest && predictorFrom(latest);
  if (!read?.ok) throw new Error('unreadable');
  expect(read.predictor.predictedPeakCells(features)).toBeLessThan(120);
  await leader.resign();
  await leader.close();
  await reader.close();
});

it('whoever has lost the lead publishes nothing', async () => {
  const [old, young] = [
    connectDispatch(redis.patientConfig, 'old'),
    connectDispatch(redis.patientConfig, 'young'),
  ];
  await old.hold();
  // Taken away behind its back, as when its lease has run out.
  await redis.withClient((client) => client.del('test:leader'));
  await young.hold();
  expect(await young.publishPredictions(learnt(2, '2-0'))).toBe(true);
  expect(await old.publishPredictions(learnt(1, '1-0'))).toBe(false);
  expect((await old.latestPredictions())?.countedUntil).toBe('2-0');
  await old.close();
  await young.close();
});

it('a document of another version counts as none', async () => {
  const reader = connectPredictions(redis.config);
  await redis.withClient((client) => client.set('test:predictions', JSON.stringify({ version: 2 })));
  expect(await reader.latest()).toBeUndefined();
  await reader.close();
});
