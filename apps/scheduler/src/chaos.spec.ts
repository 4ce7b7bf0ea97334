import { expect, it, vi } from 'vitest';
import { connectCardPort, connectDispatch, connectJobs, LeaseLost, type Lease } from '@gistpool/queue';
import { aCard, aJob, allEvents, aModel, aUsage, inAWord, TestRedis } from '@gistpool/queue/testing';
import { createLogger } from '@gistpool/telemetry';
import { runScheduler } from './loop';

const logger = createLogger('test', 'silent');

/** A worker that thinks two thoughts per job, each reported with a checkpoint; `die` leaves everything as it is. */
async function aWorker(redis: TestRedis, card: string, incarnation: string) {
  const port = connectCardPort(redis.config, { card, incarnation });
  const view = () => aCard(card, incarnation, [[8, 512]]);
  await port.announce(view(), aModel);
  const beating = setInterval(() => void port.heartbeat(view()).catch(() => undefined), 50);
  let isDead = false;
  const work = async (lease: Lease) => {
    for (let thoughts = lease.checkpoint?.thoughts ?? 0; thoughts < 2; thoughts += 1) {
      if (isDead) return;
      await lease.report([{ type: 'thought', thought: thoughts, text: 'hm', tokens: 1 }], {
        state: 'thinking',
        checkpoint: { version: 1, sampled: [thoughts], thoughts: thoughts + 1, runMs: 1 },
        thoughts: thoughts + 1,
      });
    }
    if (!isDead) await lease.complete(aUsage, 'stop');
  };
  const looping = (async () => {
    while (!isDead) {
      for (const lease of await port.take(100)) {
        void work(lease).catch((error: unknown) => {
          if (!isDead && !(error instanceof LeaseLost)) throw error;
        });
      }
    }
  })().catch(() => undefined);
  return {
    die: async () => {
      isDead = true;
      clearInterval(beating);
      await port.close();
      await looping;
    },
  };
}

it('whatever dies, every job ends once, and each of its thoughts is told once', async () => {
  const redis = await TestRedis.start();
  const jobs = connectJobs(redis.config);
  const schedulers: { end: () => Promise<void> }[] = [];
  const startScheduler = (id: string) => {
    const stop = new AbortController();
    const dispatch = connectDispatch(redis.config, id);
    const ended = runScheduler(
      dispatch,
      { ...redis.config, ageingMs: 600_000, eps: 0.01, admission: 'bound', logger },
      stop.signal,
    );
    schedulers.push({ end: () => (stop.abort(), ended) });
  };
  startScheduler('scheduler-a');
  startScheduler('scheduler-b');
  let first = await aWorker(redis, 'card-0', '0');
  const second = await aWorker(redis, 'card-1', '0');

  const submitted = Array.from({ length: 400 }, (_, n) => aJob({ tenant: `tenant-${n % 3}` }));
  const completed = async () => (await jobs.counts()).completed;
  const reach = (count: number) =>
    vi.waitFor(async () => expect(await completed()).toBeGreaterThanOrEqual(count), {
      timeout: 50_000,
      interval: 20,
    });
  await jobs.submit(submitted);
  await reach(60);
  await first.die();
  first = await aWorker(redis, 'card-0', '1');
  await reach(120);
  await redis.kill();
  await redis.restart();
  await reach(200);
  await schedulers.shift()?.end();
  await reach(260);
  await redis.kill();
  await first.die();
  await redis.restart();
  first = await aWorker(redis, 'card-0', '2');
  await reach(400);

  for (const job of submitted) {
    const events = (await allEvents(jobs, job.id)).map(inAWord);
    expect(
      events.filter((word) => word === 'state:completed'),
      job.id,
    ).toHaveLength(1);
    expect(events.at(-1)).toBe('state:completed');
    expect(events.filter((word) => word === 'thought')).toHaveLength(2);
  }
  expect(await jobs.counts()).toMatchObject({
    waiting: 0,
    running: 0,
    completed: 400,
    failed: 0,
    cancelled: 0,
  });
  await Promise.all([first.die(), second.die(), ...schedulers.map((scheduler) => scheduler.end())]);
  await jobs.close();
  await redis.stop();
});
