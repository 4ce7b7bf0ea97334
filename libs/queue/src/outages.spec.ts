import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectCardPort } from './card-port';
import { connectDispatch } from './dispatch';
import type { Dispatch, FetchedJob } from './dispatch-port';
import { connectJobs } from './jobs';
import { namesFor, queueName } from './names';
import { openRedis } from './connection';
import { aCard, aJob, allEvents, aModel, aUsage, inAWord, TestRedis } from './testing.fixture';
import { LeaseLost, type CardPort, type Jobs, type Lease } from './types';

let redis: TestRedis;
let jobs: Jobs;
let dispatch: Dispatch;
let card: CardPort;
let beating: NodeJS.Timeout;

const queue = queueName('tiny', 'default');
const target = { card: 'card-0', incarnation: 'one', lane: 0, reservedCells: 200 };

beforeEach(async () => {
  redis = await TestRedis.start();
  jobs = connectJobs(redis.config);
  dispatch = connectDispatch(redis.config, 'scheduler-a');
  card = connectCardPort(redis.config, { card: 'card-0', incarnation: 'one' });
  await dispatch.hold();
  await card.announce(aCard('card-0', 'one'), aModel);
  beating = setInterval(() => void card.heartbeat(aCard('card-0', 'one')).catch(() => undefined), 100);
});

afterEach(async () => {
  clearInterval(beating);
  await Promise.all([jobs.close(), dispatch.close(), card.close()]);
  await redis.stop();
});

/** Waits as a scheduler would: looks for jobs of lost workers, keeps the lead, fetches. */
async function fetchSoon(): Promise<FetchedJob> {
  let fetched: FetchedJob | undefined;
  await vi.waitFor(
    async () => {
      await dispatch.hold();
      await dispatch.recover();
      fetched ??= await dispatch.fetch(queue);
      expect(fetched).toBeDefined();
    },
    { timeout: 20_000, interval: 50 },
  );
  if (!fetched) throw new Error('nothing to fetch');
  return fetched;
}

async function placeAndTake(fetched: FetchedJob): Promise<Lease> {
  await dispatch.hold();
  expect(await dispatch.place(fetched, target)).toBe('placed');
  const [lease] = await card.take(5_000);
  if (!lease) throw new Error('nothing taken');
  return lease;
}

describe('when a worker vanishes', () => {
  it('its job comes back with its checkpoint and one crash more, and the old lease writes nothing', async () => {
    const job = aJob();
    await jobs.submit([job]);
    const lost = await placeAndTake(await fetchSoon());
    await lost.report([{ type: 'state', state: 'thinking', at_ms: 1 }], {
      state: 'thinking',
      checkpoint: { version: 1, sampled: [1, 2, 3], thoughts: 1, runMs: 2 },
    });
    clearInterval(beating);
    const successor = connectCardPort(redis.config, { card: 'card-1', incarnation: 'two' });
    await successor.announce(aCard('card-1', 'two'), aModel);

    const fetched = await fetchSoon();
    expect(fetched).toMatchObject({ id: job.id, crashes: 1 });
    expect(await jobs.get(job.id)).toMatchObject({ state: 'retrying', crashes: 1 });
    await successor.heartbeat(aCard('card-1', 'two'));
    expect(await dispatch.place(fetched, { ...target, card: 'card-1', incarnation: 'two' })).toBe('placed');
    const [taken] = await successor.take(5_000);
    expect(taken?.checkpoint?.sampled).toEqual([1, 2, 3]);
    await expect(lost.complete(aUsage, 'stop')).rejects.toThrow(LeaseLost);
    await taken?.complete(aUsage, 'stop');
    expect((await allEvents(jobs, job.id)).map(inAWord)).toEqual([
      'state:waiting',
      'state:placed',
      'state:thinking',
      'state:retrying',
      'state:placed',
      'usage',
      'state:completed',
    ]);
    await successor.close();
  });

  it('a job whose worker lives, but let the lease run out, comes back without a crash', async () => {
    const job = aJob();
    await jobs.submit([job]);
    const slow = await placeAndTake(await fetchSoon());
    await vi.waitFor(
      async () => expect(await dispatch.recover()).toEqual([{ jobId: job.id, outcome: 'lapsed' }]),
      { timeout: 10_000, interval: 50 },
    );
    // It waits for its next worker; the last one has no claim on it any more.
    await expect(slow.report([])).rejects.toThrow(LeaseLost);
    expect(await fetchSoon()).toMatchObject({ id: job.id, crashes: 0 });
    await expect(slow.extend()).rejects.toThrow(LeaseLost);
  });

  it('a worker that keeps extending keeps its job', async () => {
    const job = aJob();
    await jobs.submit([job]);
    const lease = await placeAndTake(await fetchSoon());
    const untilMs = Date.now() + 2_500;
    await vi.waitFor(
      async () => {
        await lease.extend();
        expect(await dispatch.recover()).toEqual([]);
        expect(Date.now()).toBeGreaterThan(untilMs);
      },
      { timeout: 10_000, interval: 100 },
    );
    await lease.complete(aUsage, 'stop');
  });
});

describe('when a scheduler dies', () => {
  it('after it fetched a job and before it placed it, the next one places it', async () => {
    const job = aJob();
    await jobs.submit([job]);
    expect((await fetchSoon()).id).toBe(job.id);
    // It is never heard of again: nobody renews the lease.
    await dispatch.close();
    dispatch = connectDispatch(redis.config, 'scheduler-b');
    const fetched = await fetchSoon();
    expect(fetched).toMatchObject({ id: job.id, crashes: 0 });
    await vi.waitFor(async () => expect(await dispatch.hold()).toBe(true), { timeout: 5_000 });
    await (await placeAndTake(fetched)).complete(aUsage, 'stop');
  });

  it('one that does not lead any more places nothing', async () => {
    const job = aJob();
    await jobs.submit([job]);
    const fetched = await fetchSoon();
    await dispatch.resign();
    const next = connectDispatch(redis.config, 'scheduler-b');
    expect(await next.hold()).toBe(true);
    expect(await dispatch.hold()).toBe(false);
    expect(await dispatch.place(fetched, target)).toBe('not-leader');
    await dispatch.giveBack(fetched);
    expect((await next.fetch(queue))?.id).toBe(job.id);
    await next.close();
  });
});

describe('a process that dies half-way', () => {
  it('in a submit leaves a job that runs', async () => {
    const job = aJob();
    await jobs.submit([job]);
    const names = namesFor('test');
    const raw = openRedis(redis.config, 'test');
    // As if the record was written, and nothing after it.
    await raw.del(names.waiting(queue));
    await raw.del(`${names.bullPrefix}:${queue}:${job.id}`);
    await raw.zadd(names.outbox, Date.now() - 60_000, job.id);
    expect(await dispatch.fetch(queue)).toBeUndefined();
    expect((await fetchSoon()).id).toBe(job.id);
    expect(await raw.zcard(names.outbox)).toBe(0);
    await raw.quit();
  });

  it('between the end of a job and telling BullMQ ends it once: nothing runs again', async () => {
    const job = aJob();
    await jobs.submit([job]);
    const lease = await placeAndTake(await fetchSoon());
    // BullMQ cannot be told: its lock is gone by then.
    const raw = openRedis(redis.config, 'test');
    const completing = lease.complete(aUsage, 'stop');
    await raw.del(namesFor('test').lock(queue, job.id));
    await completing;
    await vi.waitFor(
      async () => {
        await dispatch.recover();
        expect(await dispatch.fetch(queue)).toBeUndefined();
        expect(await raw.llen(namesFor('test').active(queue))).toBe(0);
      },
      { timeout: 10_000, interval: 100 },
    );
    const events = (await allEvents(jobs, job.id)).map(inAWord);
    expect(events.filter((word) => word === 'state:completed')).toHaveLength(1);
    expect(await jobs.get(job.id)).toMatchObject({ state: 'completed', crashes: 0 });
    await raw.quit();
  });
});

describe('when redis is killed and comes back on its file', () => {
  it('nothing is lost, leases go on, and blocked readers and workers too', async () => {
    const [running, waiting, later] = [aJob(), aJob(), aJob()];
    await jobs.submit([running, waiting]);
    const lease = await placeAndTake(await fetchSoon());
    await lease.report([{ type: 'text', thought: 0, text: 'a' }], { state: 'thinking' });
    const reading = allEvents(jobs, running.id);
    const taking = card.take(60_000);

    await redis.kill();
    // Sent while nobody is there to hear it.
    const writing = lease.report([{ type: 'text', thought: 0, text: 'b' }]);
    await redis.restart();
    await writing;
    await lease.complete(aUsage, 'stop');
    expect((await reading).map(inAWord)).toEqual([
      'state:waiting',
      'state:placed',
      'text',
      'text',
      'usage',
      'state:completed',
    ]);

    const fetched = await fetchSoon();
    expect(fetched).toMatchObject({ id: waiting.id, crashes: 0 });
    expect(await dispatch.place(fetched, target)).toBe('placed');
    const [next] = await taking;
    expect(next?.job.id).toBe(waiting.id);
    await next?.complete(aUsage, 'stop');
    await jobs.submit([later]);
    expect((await fetchSoon()).id).toBe(later.id);
    expect(await jobs.counts()).toMatchObject({ completed: 2 });
  });

  it('for longer than a lease, a worker that lives keeps its job', async () => {
    const job = aJob();
    await jobs.submit([job]);
    const lease = await placeAndTake(await fetchSoon());
    const raw = openRedis(redis.config, 'test');
    // BullMQ has looked once already: at its next look a job without a lock is taken away.
    await vi.waitFor(
      async () => {
        await dispatch.recover();
        expect(await raw.sismember(namesFor('test').stalled(queue), job.id)).toBe(1);
      },
      { timeout: 5_000, interval: 20 },
    );
    await redis.kill();
    const killedAtMs = Date.now();
    await vi.waitFor(() => expect(Date.now() - killedAtMs).toBeGreaterThan(1_000), { timeout: 5_000 });
    await redis.restart();
    expect(await raw.exists(namesFor('test').lock(queue, job.id))).toBe(0);
    expect(await dispatch.recover()).toEqual([]);
    await lease.extend();
    await raw.quit();
    await lease.complete(aUsage, 'stop');
    expect(await jobs.get(job.id)).toMatchObject({ state: 'completed', crashes: 0, resumes: 0 });
  });

  it('cancels that were asked for meanwhile arrive', async () => {
    const job = aJob();
    await jobs.submit([job]);
    await placeAndTake(await fetchSoon());
    const told: string[] = [];
    card.onStop((jobId) => told.push(jobId));
    await redis.kill();
    const cancelling = jobs.cancel(job.id);
    await redis.restart();
    expect(await cancelling).toBe('cancelling');
    await vi.waitFor(() => expect(told).toEqual([job.id]), { timeout: 5_000 });
  });

  it('a cancel whose message nobody heard is found by its flag', async () => {
    const job = aJob();
    await jobs.submit([job]);
    await placeAndTake(await fetchSoon());
    const told: string[] = [];
    card.onStop((jobId) => told.push(jobId));
    const raw = openRedis(redis.config, 'test');
    await raw.hset(namesFor('test').record(job.id), 'cancel', '1');
    await vi.waitFor(() => expect(told).toEqual([job.id]), { timeout: 5_000 });
    await raw.quit();
  });

  it('everything can be closed while it is away, and nobody is left waiting', async () => {
    const port = connectCardPort(redis.config, { card: 'card-7', incarnation: 'x' });
    port.serveTokenCounts(() => 1);
    await port.announce(aCard('card-7', 'x'), aModel);
    const client = connectJobs(redis.config);
    await client.counts();
    const taking = port.take(60_000);
    await redis.kill();
    const waiting = client.get('job_any').catch(() => 'rejected');
    // At once after the kill, and when the connections have noticed.
    await Promise.all([port.close(), client.close()]);
    expect(await taking).toEqual([]);
    expect(await waiting).toBe('rejected');
    const late = connectJobs(redis.config);
    const never = late.get('job_any').catch(() => 'rejected');
    await late.close();
    expect(await never).toBe('rejected');
    await redis.restart();
  });
});
