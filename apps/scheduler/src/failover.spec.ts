import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import {
  connectCardPort,
  connectFleet,
  connectJobs,
  type CardPort,
  type Fleet,
  type Jobs,
  type Lease,
  type QueueConfig,
} from '@gistpool/queue';
import { aCard, aJob, allEvents, aModel, aUsage, inAWord, TestRedis } from '@gistpool/queue/testing';
import { bundleScheduler, runBundle } from './testing.fixture';

/** From the death of the leader to the next placement. */
const WITHIN_MS = 5_000;
const NARROW = 150;
const SLOTS = 8;
const soon = { timeout: 100_000, interval: 20 };
/** Two processes start, and all jobs end: slow where others have the machine. */
const TEST_MS = 240_000;

let bundle: string;
let redis: TestRedis;
let jobs: Jobs;
let fleet: Fleet & { close(): Promise<void> };
let card: CardPort;
let beating: NodeJS.Timeout;
let children: ReturnType<typeof runBundle>[];
/** Every placement that reached the card, in order, and those of them that have not ended. */
let taken: Lease[];
let open: Lease[];

beforeAll(async () => {
  bundle = await bundleScheduler('failover.spec');
});

beforeEach(async () => {
  redis = await TestRedis.start();
  // The card and its leases outlive any pause of a busy machine; the schedulers run with their defaults.
  const config: QueueConfig = { ...redis.config, leaseMs: 60_000, heartbeatMs: 10_000 };
  jobs = connectJobs(config);
  fleet = connectFleet(config);
  card = connectCardPort(config, { card: 'card-0', incarnation: 'one' });
  const view = () =>
    aCard('card-0', 'one', [
      [1, 4096],
      [SLOTS, 512],
    ]);
  await card.announce(view(), aModel);
  beating = setInterval(() => void card.heartbeat(view()).catch(() => undefined), 1_000);
  [children, taken, open] = [[], [], []];
});

afterEach(async () => {
  clearInterval(beating);
  for (const { child, ended } of children) {
    child.kill('SIGKILL');
    await ended;
  }
  await Promise.all([jobs.close(), fleet.close(), card.close()]);
  await redis.stop();
});

async function startScheduler(id: string) {
  const { redisUrl, prefix } = redis.config;
  const process = runBundle(bundle, {
    GISTPOOL_REDIS_URL: redisUrl,
    GISTPOOL_REDIS_PREFIX: prefix,
    GISTPOOL_SCHEDULER_ID: id,
  });
  children.push(process);
  await vi.waitFor(() => expect(process.said()).toContain('scheduler started'), soon);
  return process;
}

/** Takes what comes and ends it, but for what `keep` says, until `count` placements have come in all. */
async function serve(count: number, keep: (lease: Lease) => boolean = () => false): Promise<void> {
  await vi.waitFor(async () => {
    const leases = await card.take(20);
    taken.push(...leases);
    open.push(...leases);
    for (const lease of open.filter((one) => !keep(one))) {
      open = open.filter((one) => one !== lease);
      await lease.complete(aUsage, 'stop');
    }
    expect(taken.length).toBeGreaterThanOrEqual(count);
  }, soon);
}

const isWide = ({ placement }: Lease): boolean => placement.lane === 0;

/** Jobs at work, jobs in the leader's hands that only a taken slot would hold, and jobs that wait. */
async function aBusyPool() {
  const wide = Array.from({ length: 4 }, () => aJob({ predictedPeakCells: 3_000 }));
  const narrow = Array.from({ length: NARROW }, (_, n) => aJob({ tenant: `tenant-${n % 3}` }));
  await jobs.submit([...wide, ...narrow]);
  const leader = await startScheduler('leader');
  await vi.waitFor(async () => expect(await fleet.leader()).toBe('leader'), soon);
  await startScheduler('standby');
  await serve(40, isWide);
  await serve(40 + SLOTS, () => true);
  await vi.waitFor(async () => expect((await jobs.counts()).running).toBe(SLOTS + 1), soon);
  return { leader, submitted: [...wide, ...narrow] };
}

const placedAfter = (ms: number, which: (lease: Lease) => boolean = () => true): number | undefined =>
  taken.filter(which).find(({ placement }) => placement.placedAtMs > ms)?.placement.placedAtMs;

async function expectEachOnce(submitted: readonly { readonly id: string }[]): Promise<void> {
  expect(taken.map(({ job }) => job.id).sort()).toEqual(submitted.map(({ id }) => id).sort());
  for (const { id } of submitted) {
    const words = (await allEvents(jobs, id)).map(inAWord);
    expect(words, id).toEqual(['state:waiting', 'state:placed', 'usage', 'state:completed']);
  }
}

it(
  'a standby places within 5 s of the death of its leader, also what that had in hand, and no job twice',
  async () => {
    const { leader, submitted } = await aBusyPool();
    leader.child.kill('SIGKILL');
    await leader.ended;
    const diedAtMs = Date.now();
    await serve(submitted.length);
    expect(await fleet.leader()).toBe('standby');
    expect((placedAfter(diedAtMs) ?? Infinity) - diedAtMs).toBeLessThan(WITHIN_MS);
    expect((placedAfter(diedAtMs, isWide) ?? Infinity) - diedAtMs).toBeLessThan(WITHIN_MS);
    await expectEachOnce(submitted);
  },
  TEST_MS,
);

it(
  'a leader that was held up and goes on when another leads places nothing',
  async () => {
    const { leader, submitted } = await aBusyPool();
    leader.child.kill('SIGSTOP');
    await vi.waitFor(async () => expect(await fleet.leader()).toBe('standby'), soon);
    leader.child.kill('SIGCONT');
    await serve(submitted.length);
    await vi.waitFor(() => expect(leader.said()).toContain('standing by'), soon);
    await expectEachOnce(submitted);
  },
  TEST_MS,
);
