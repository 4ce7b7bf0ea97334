import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Redis } from 'ioredis';
import { openRedis } from './connection';
import { KEEP_EVENTS_MS } from './keep-events';
import { sendWrite } from './lease';
import { namesFor, queueName } from './names';
import { aJob, allEvents, allSides, inAWord, TestRedis } from './testing.fixture';

let redis: TestRedis;
let raw: Redis;

beforeAll(async () => {
  redis = await TestRedis.start();
  raw = openRedis(redis.config, 'test');
});
afterAll(async () => {
  await raw.quit();
  await redis.stop();
});

// A connection that breaks between a command and its reply makes the client send the command again.
it('a write that is sent twice is made once, whatever it says', async () => {
  const sides = await allSides(redis.patientConfig);
  const { jobs, dispatch, card } = sides;
  const job = aJob();
  await jobs.submit([job]);
  const queue = queueName('tiny', 'default');
  const fetched = await dispatch.fetch(queue);
  if (!fetched) throw new Error('nothing to fetch');
  const target = { card: 'card-0', incarnation: 'one', lane: 0, reservedCells: 1 };
  expect(await dispatch.place(fetched, target)).toBe('placed');
  expect(await dispatch.place(fetched, target)).toBe('placed');
  const leases = await card.take(5_000);
  expect(leases).toHaveLength(1);

  const names = namesFor('test');
  const bearer = { queue, id: job.id, token: fetched.token, keepEventsMs: KEEP_EVENTS_MS, leaseMs: 60_000 };
  const text = { events: [{ type: 'text', thought: 0, text: 'a' }] } as const;
  const end = { state: 'completed', events: [{ type: 'state', state: 'completed', at_ms: 1 }] } as const;
  for (const [number, change] of [
    [1, text],
    [1, text],
    [2, end],
    [2, end],
    [1, text],
  ] as const) {
    expect(await sendWrite(raw, names, { ...bearer, number }, change)).toBe('held');
  }
  expect(await sendWrite(raw, names, { ...bearer, number: 3 }, text)).toBe('lost');
  expect((await allEvents(jobs, job.id)).map(inAWord)).toEqual([
    'state:waiting',
    'state:placed',
    'text',
    'state:completed',
  ]);
  expect(await raw.zcard(names.jobsInState('completed'))).toBe(1);
  expect(await raw.zcard(names.jobsInState('placed'))).toBe(0);
  await sides.close();
});
