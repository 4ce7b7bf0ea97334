import { afterAll, beforeAll, expect, it } from 'vitest';
import { FairTurns } from '@gistpool/core';
import { connectDispatch } from './dispatch';
import type { Shares } from './shares';
import { TestRedis } from './testing.fixture';

let redis: TestRedis;
beforeAll(async () => (redis = await TestRedis.start()));
afterAll(() => redis.stop());

const sharesOf = (cells: number): Shares => {
  const turns = new FairTurns(1_000);
  turns.look([{ jobId: 'job_1', tenant: 'a.b', cells }], new Set(['a.b', 'c']), 5);
  return { version: 1, models: { tiny: turns.state } };
};

it('what the leader has counted its successor reads, and whoever has lost the lead writes nothing', async () => {
  const [first, second] = ['a', 'b'].map((id) => connectDispatch(redis.patientConfig, id));
  if (!first || !second) throw new Error('unreachable');
  expect(await first.latestShares()).toBeUndefined();
  expect(await first.publishShares(sharesOf(1))).toBe(false);
  expect(await first.hold()).toBe(true);
  expect(await first.publishShares(sharesOf(2))).toBe(true);
  await first.resign();
  expect(await second.hold()).toBe(true);
  expect(await second.latestShares()).toEqual(sharesOf(2));
  expect(await first.publishShares(sharesOf(3))).toBe(false);
  expect(await second.latestShares()).toEqual(sharesOf(2));
  await Promise.all([first.close(), second.close()]);
});
