import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Dispatch, FetchedJob } from './dispatch-port';
import { queueName } from './names';
import { aJob, allSides, aUsage, type Sides, TestRedis } from './testing.fixture';
import type { CardPort, Jobs } from './types';

let redis: TestRedis;
let sides: Sides;
let jobs: Jobs;
let dispatch: Dispatch;
let card: CardPort;

beforeAll(async () => {
  redis = await TestRedis.start();
  sides = await allSides(redis.patientConfig);
  ({ jobs, dispatch, card } = sides);
});
afterAll(async () => {
  await sides.close();
  await redis.stop();
});

const target = { card: 'card-0', incarnation: 'one', lane: 0, reservedCells: 200 };

async function fetched(tenant: string, count: number): Promise<FetchedJob[]> {
  const submitted = Array.from({ length: count }, () => aJob({ tenant }));
  await jobs.submit(submitted);
  const got = await dispatch.fetchMany(queueName('tiny', tenant), count);
  expect(got.map((job) => job.id)).toEqual(submitted.map((job) => job.id));
  return got;
}

it('fetches no more than there are, in order, each with a lease of its own', async () => {
  const jobsOfOne = await fetched('one', 5);
  expect(new Set(jobsOfOne.map((job) => job.token)).size).toBe(5);
  expect(await dispatch.fetchMany(queueName('tiny', 'one'), 3)).toEqual([]);
  for (const job of jobsOfOne) await dispatch.stop(job, 'cancel');
});

it('clears away what has ended meanwhile and fetches others in its place', async () => {
  const [first, second] = await fetched('two', 2);
  if (!first || !second) throw new Error('nothing fetched');
  await dispatch.giveBack(first);
  await dispatch.giveBack(second);
  expect(await jobs.cancel(first.id)).toBe('cancelled');
  const got = await dispatch.fetchMany(queueName('tiny', 'two'), 2);
  expect(got.map((job) => job.id)).toEqual([second.id]);
  for (const job of got) await dispatch.stop(job, 'cancel');
});

it('places each with an outcome of its own: one that must not be placed holds no other up', async () => {
  const [good, cancelled, ended, elsewhere, last] = await fetched('three', 5);
  if (!good || !cancelled || !ended || !elsewhere || !last) throw new Error('nothing fetched');
  await jobs.cancel(cancelled.id);
  await dispatch.stop(ended, 'cancel');
  const gone = { ...target, card: 'card-9' };
  const placings = [
    { job: good, target },
    { job: cancelled, target },
    { job: ended, target },
    { job: elsewhere, target: gone },
    { job: last, target },
  ];
  const outcomes = ['placed', 'cancel-requested', 'lost', 'card-gone', 'placed'];
  expect(await dispatch.placeMany(placings)).toEqual(outcomes);
  // Sent twice because a reply was lost: nothing is placed a second time.
  expect(await dispatch.placeMany(placings)).toEqual(outcomes);
  const leases = await card.take(5_000);
  expect(leases.map((lease) => lease.job.id)).toEqual([good.id, last.id]);
  for (const lease of leases) await lease.complete(aUsage, 'stop');
  await dispatch.stop(cancelled, 'cancel');
  await dispatch.stop(elsewhere, 'cancel');
});

it('of many placements, those that were lost meanwhile are dropped and the others taken', async () => {
  const placed = await fetched('four', 3);
  await dispatch.placeMany(placed.map((job) => ({ job, target })));
  const [, middle] = placed;
  if (!middle) throw new Error('nothing fetched');
  await dispatch.stop(middle, 'cancel');
  const leases = await card.take(5_000);
  expect(leases.map((lease) => lease.job.id)).toEqual([placed[0]?.id, placed[2]?.id]);
  for (const lease of leases) await lease.complete(aUsage, 'stop');
});

it('renews all that are held and names those that are not', async () => {
  const [kept, asked, ended] = await fetched('five', 3);
  if (!kept || !asked || !ended) throw new Error('nothing fetched');
  await jobs.cancel(asked.id);
  await dispatch.stop(ended, 'cancel');
  expect(await dispatch.renew([kept, asked, ended])).toEqual({
    lost: [ended.id],
    stopRequested: [{ jobId: asked.id, stop: 'cancel' }],
  });
  expect(await dispatch.renew([])).toEqual({ lost: [], stopRequested: [] });
});
