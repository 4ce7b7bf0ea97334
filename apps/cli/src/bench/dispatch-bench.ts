import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Sampling } from '@gistpool/contracts';
import type { NewJob } from '@gistpool/queue';
import { cpuSecondsOf } from './cpu-clock';
import { DispatchRig, type RigListener, type RigProcesses } from './dispatch-rig';
import { IDLE_CARD_CELLS, IDLE_MODEL } from './idle-card';
import { plainQueue } from './plain-queue';
import { ownReading, speedBetween } from './speed';
import { median, quantile } from './statistics';

export interface DispatchPlan {
  readonly cards: number;
  /** Of each card. */
  readonly slots: number;
  /** Through the queue as fast as it goes. */
  readonly jobs: number;
  /** Submitted one by one while slots are free. */
  readonly singles: number;
  readonly singlesPerSecond: number;
  readonly runs: number;
}

export interface Latency {
  readonly median_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
}

export interface DispatchRun {
  /** From the first submit to the last end that was written. */
  readonly jobs_per_second: number;
  /** The same jobs through BullMQ alone, right after. */
  readonly plain_bullmq_jobs_per_second: number;
  /** CPU time of each process per job of the throughput part, milliseconds. */
  readonly cpu_ms_per_job: Readonly<Record<keyof RigProcesses, number>>;
  /** Cores that other programs used meanwhile. */
  readonly others_cores: number;
  /** From the call of submit to the job in the card's hands, slots free all the time. */
  readonly placement: Latency;
  /** From the end of a job to the next one in the card's hands, every slot wanted. */
  readonly refill: Latency;
}

export interface DispatchReport extends DispatchPlan {
  readonly medians: Omit<DispatchRun, 'cpu_ms_per_job'>;
  readonly each: readonly DispatchRun[];
}

/** Submits wait for each other in a REST client's batch, too. */
const SUBMIT_AT_ONCE = 250;
/** Sent before the clock counts: the first placements of a fresh scheduler load code and scripts. */
const WARM_UP_JOBS = 100;
/** So few slots that they never suffice: what is timed is the way from a free slot to the next job. */
const SCARCE_SLOTS = 8;

export async function benchDispatch(
  plan: DispatchPlan,
  say: (line: string) => void,
): Promise<DispatchReport> {
  const each: DispatchRun[] = [];
  for (let run = 1; run <= plan.runs; run++) {
    const done = await oneRun(plan);
    each.push(done);
    say(`run ${run}/${plan.runs}: ${described(done)}\n`);
  }
  const middle = (of: (run: DispatchRun) => number) => Number(median(each.map(of)).toFixed(2));
  const middles = (of: (run: DispatchRun) => Latency): Latency => ({
    median_ms: middle((run) => of(run).median_ms),
    p99_ms: middle((run) => of(run).p99_ms),
    max_ms: middle((run) => of(run).max_ms),
  });
  return {
    ...plan,
    medians: {
      jobs_per_second: middle((run) => run.jobs_per_second),
      plain_bullmq_jobs_per_second: middle((run) => run.plain_bullmq_jobs_per_second),
      others_cores: middle((run) => run.others_cores),
      placement: middles((run) => run.placement),
      refill: middles((run) => run.refill),
    },
    each,
  };
}

async function oneRun(plan: DispatchPlan): Promise<DispatchRun> {
  const throughput = await withRig(plan.cards, plan.slots, (rig, watch) =>
    atFullSpeed(rig, watch, plan.jobs),
  );
  const plain = await plainQueue(plan.jobs, plan.cards * plan.slots);
  const placement = await withRig(plan.cards, plan.slots, (rig, watch) => oneByOne(rig, watch, plan));
  const refill = await withRig(1, SCARCE_SLOTS, (rig, watch) => refills(rig, watch, plan.singles));
  return { ...throughput, plain_bullmq_jobs_per_second: plain, placement, refill };
}

/** When each job came into a card's hands and when it ended; `performance.now()`. */
class Watch implements RigListener {
  readonly takenAtMs = new Map<string, number>();
  readonly endedAtMs: number[] = [];
  readonly refillMs: number[] = [];
  private readonly freeSinceMs: number[] = [];
  private wanted = 0;
  private reached: () => void = () => undefined;

  taken = (jobId: string): void => {
    const nowMs = performance.now();
    this.takenAtMs.set(jobId, nowMs);
    const freeMs = this.freeSinceMs.shift();
    if (freeMs !== undefined) this.refillMs.push(nowMs - freeMs);
  };

  ended = (): void => {
    const nowMs = performance.now();
    this.endedAtMs.push(nowMs);
    this.freeSinceMs.push(nowMs);
    if (this.endedAtMs.length >= this.wanted) this.reached();
  };

  /** Resolves when so many jobs have ended. */
  async reach(jobs: number): Promise<void> {
    this.wanted = jobs;
    if (this.endedAtMs.length < jobs) await new Promise<void>((resolve) => (this.reached = resolve));
  }
}

async function withRig<T>(
  cards: number,
  slots: number,
  work: (rig: DispatchRig, watch: Watch) => Promise<T>,
): Promise<T> {
  const watch = new Watch();
  const rig = await DispatchRig.start(cards, slots, watch);
  try {
    return await work(rig, watch);
  } finally {
    await rig.stop();
  }
}

async function atFullSpeed(rig: DispatchRig, watch: Watch, count: number) {
  const { redis, scheduler, bench } = rig.processes;
  const cpu = () => ({
    redis: cpuSecondsOf(redis),
    scheduler: cpuSecondsOf(scheduler),
    bench: cpuSecondsOf(bench),
  });
  const before = cpu();
  const start = ownReading();
  for (let sent = 0; sent < count; sent += SUBMIT_AT_ONCE) {
    await rig.jobs.submit(Array.from({ length: Math.min(SUBMIT_AT_ONCE, count - sent) }, aJob));
  }
  await watch.reach(count);
  const end = ownReading();
  const after = cpu();
  const each = (of: keyof RigProcesses) => Number((((after[of] - before[of]) * 1000) / count).toFixed(3));
  const used = after.redis - before.redis + after.scheduler - before.scheduler;
  // What our other two processes used is not somebody else's.
  const others = speedBetween(start, { ...end, cpuSeconds: end.cpuSeconds + used }, count).othersCores;
  return {
    jobs_per_second: count / (end.wallSeconds - start.wallSeconds),
    cpu_ms_per_job: { redis: each('redis'), scheduler: each('scheduler'), bench: each('bench') },
    others_cores: others,
  };
}

async function oneByOne(rig: DispatchRig, watch: Watch, plan: DispatchPlan): Promise<Latency> {
  const { singles, singlesPerSecond } = plan;
  await rig.jobs.submit(Array.from({ length: WARM_UP_JOBS }, aJob));
  await watch.reach(WARM_UP_JOBS);
  const sentAtMs = new Map<string, number>();
  const startMs = performance.now();
  const sent: Promise<unknown>[] = [];
  for (let number = 0; number < singles; number++) {
    const dueMs = startMs + (number * 1000) / singlesPerSecond;
    await sleep(Math.max(0, dueMs - performance.now()));
    const job = aJob();
    sentAtMs.set(job.id, performance.now());
    sent.push(rig.jobs.submit([job]));
  }
  await Promise.all(sent);
  await watch.reach(WARM_UP_JOBS + singles);
  return latencyOf([...sentAtMs].map(([id, atMs]) => (watch.takenAtMs.get(id) ?? Number.NaN) - atMs));
}

async function refills(rig: DispatchRig, watch: Watch, count: number): Promise<Latency> {
  for (let sent = 0; sent < count; sent += SUBMIT_AT_ONCE) {
    await rig.jobs.submit(Array.from({ length: Math.min(SUBMIT_AT_ONCE, count - sent) }, aJob));
  }
  await watch.reach(count);
  return latencyOf(watch.refillMs);
}

const latencyOf = (valuesMs: readonly number[]): Latency => ({
  median_ms: quantile(valuesMs, 0.5),
  p99_ms: quantile(valuesMs, 0.99),
  max_ms: quantile(valuesMs, 1),
});

const aJob = (): NewJob => ({
  id: `job_${randomUUID()}`,
  model: IDLE_MODEL.name,
  tenant: 'default',
  priority: 0,
  metadata: {},
  messages: [{ role: 'user', content: 'Nothing is decoded.' }],
  limits: IDLE_MODEL.default_limits,
  sampling: { ...Sampling.parse({}), seed: 1 },
  promptTokens: 1,
  predictedPeakCells: IDLE_CARD_CELLS,
  createdAtMs: Date.now(),
});

const described = ({
  jobs_per_second,
  plain_bullmq_jobs_per_second,
  cpu_ms_per_job,
  placement,
  refill,
  others_cores,
}: DispatchRun): string =>
  `${jobs_per_second.toFixed(0)} jobs/s (BullMQ alone ${plain_bullmq_jobs_per_second.toFixed(0)}; CPU ms per job: redis ${cpu_ms_per_job.redis}, scheduler ` +
  `${cpu_ms_per_job.scheduler}, bench ${cpu_ms_per_job.bench}; others used ${others_cores.toFixed(2)} cores), ` +
  `placement p50 ${placement.median_ms.toFixed(1)} p99 ${placement.p99_ms.toFixed(1)} ms, ` +
  `refill p50 ${refill.median_ms.toFixed(1)} p99 ${refill.p99_ms.toFixed(1)} ms`;
