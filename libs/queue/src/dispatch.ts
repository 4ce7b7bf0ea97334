import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { CardView, JobEvent, JobFailure, JobState, ModelInfo } from '@gistpool/contracts';
import { BullQueues, settleJob, type BullJobData } from './bull';
import { BullWorkers, type ActiveJob } from './bull-workers';
import { closeRedis, openRedis } from './connection';
import { keepEventsMsOf } from './keep-events';
import type {
  Dispatch,
  FetchedJob,
  PlacementTarget,
  PlaceOutcome,
  QueueState,
  Recovered,
  WaitingHead,
} from './dispatch-port';
import { readEndings, type Ending } from './endings';
import { readCards, readModels, readPlacements } from './fleet';
import { Leadership } from './leadership';
import { JobClock } from './job-clock';
import { sendWrite, STOPS, type StopReply } from './lease';
import { namesFor, type Names } from './names';
import { outlineOf, readOutlinesAtWork, type JobOutline } from './outline';
import { sweepOutbox } from './outbox';
import { readPausedQueues, type PausedQueues } from './paused-queues';
import { PredictionsPort, type Predictions } from './predictions';
import type { QueueConfig } from './queue-config';
import { adoptScript } from './scripts/adopt';
import { noteLostScript } from './scripts/note-lost';
import { textOfPlacement } from './placement-text';
import { placeScript } from './scripts/place';
import { renewScript } from './scripts/renew';
import { SharesPort, type Shares } from './shares';
import { DEADLINE_PASSED } from './stops';
import { Subscriptions } from './subscriptions';
import { freeFetchedJobs } from './take-over';
import type { Placement, PlacingRules, StopRequest } from './types';
import { readQueues, readWaitingHeads } from './waiting';

/** A submit that has not reached BullMQ by now died on the way. */
const OUTBOX_PATIENCE_MS = 2_000;

export function connectDispatch(config: QueueConfig, schedulerId: string): Dispatch {
  return new RedisDispatch(config, schedulerId);
}

/** Told of a job whose lease ran out: when a worker had it, and when none had taken it yet. */
const lossEvents = (): string[] =>
  (['retrying', 'waiting'] as const).map((state) =>
    JSON.stringify({ type: 'state', state, at_ms: Date.now() } satisfies JobEvent),
  );

class RedisDispatch implements Dispatch {
  private readonly names: Names;
  private readonly redis: Redis;
  private readonly bull: BullQueues;
  private readonly subscriptions: Subscriptions;
  private readonly leadership: Leadership;
  private readonly predictions: PredictionsPort;
  private readonly shares: SharesPort;
  private readonly workers: BullWorkers;
  private readonly clock: JobClock;
  private readonly fetched = new Map<string, Job<BullJobData>>();
  /** After Redis was away, leases have run out that their bearers still want: they get this long to renew. */
  private noRecoveryBeforeMs = -Infinity;

  constructor(
    private readonly config: QueueConfig,
    schedulerId: string,
  ) {
    this.names = namesFor(config.prefix);
    this.redis = openRedis(config, 'scheduler');
    this.redis.on('ready', () => {
      this.noRecoveryBeforeMs = performance.now() + config.leaseMs;
    });
    this.bull = new BullQueues(this.redis, this.names, config.logger);
    this.clock = new JobClock(this.redis, this.names, this.bull, keepEventsMsOf(config));
    this.workers = new BullWorkers(this.redis, this.names, config, schedulerId);
    this.subscriptions = new Subscriptions(config, 'scheduler');
    this.leadership = new Leadership(this.redis, this.names, schedulerId, config.leadMs);
    this.predictions = new PredictionsPort(this.redis, this.names);
    this.shares = new SharesPort(this.redis, this.names);
  }

  async hold(): Promise<boolean> {
    const before = this.leadership.fence;
    const leads = await this.leadership.hold();
    if (leads && this.leadership.fence !== before) await freeFetchedJobs(this.redis, this.names, this.bull);
    return leads;
  }

  resign(): Promise<void> {
    return this.leadership.resign();
  }

  async tellRules(rules: PlacingRules): Promise<void> {
    await this.redis.set(this.names.rules, JSON.stringify(rules));
  }

  cards(): Promise<CardView[]> {
    return readCards(this.redis, this.names);
  }

  models(): Promise<ModelInfo[]> {
    return readModels(this.redis, this.names);
  }

  outlines(jobIds: readonly string[]): Promise<JobOutline[]> {
    return readOutlinesAtWork(this.redis, this.names, jobIds);
  }

  endings(after: string): Promise<{ endings: Ending[]; until: string }> {
    return readEndings(this.redis, this.names, after);
  }

  placements(cards: readonly string[]): Promise<Map<string, Placement[]>> {
    return readPlacements(this.redis, this.names, cards);
  }

  queues(): Promise<QueueState[]> {
    return readQueues(this.redis, this.names);
  }

  waitingHeads(queue: string): Promise<WaitingHead[]> {
    return readWaitingHeads(this.redis, this.names, queue);
  }

  moveToFront(queue: string, jobId: string): Promise<void> {
    return this.bull.moveToFront(queue, jobId);
  }

  async fetch(queue: string): Promise<FetchedJob | undefined> {
    const [job] = await this.fetchMany(queue, 1);
    return job;
  }

  async fetchMany(queue: string, count: number): Promise<FetchedJob[]> {
    const fetched: FetchedJob[] = [];
    while (fetched.length < count) {
      const wanted = count - fetched.length;
      const active = await this.workers.activate(queue, wanted);
      fetched.push(...(await this.adopt(queue, active)));
      if (active.length < wanted) break;
    }
    return fetched;
  }

  async place(job: FetchedJob, target: PlacementTarget): Promise<PlaceOutcome> {
    const [outcome = 'lost'] = await this.placeMany([{ job, target }]);
    return outcome;
  }

  async placeMany(
    placings: readonly { readonly job: FetchedJob; readonly target: PlacementTarget }[],
  ): Promise<PlaceOutcome[]> {
    if (placings.length === 0) return [];
    const nowMs = Date.now();
    const keys: string[] = [this.names.leader];
    const args: (string | number)[] = [this.names.prefix, this.config.leaseMs, this.leadership.fence, nowMs];
    for (const { job, target } of placings) {
      const event: JobEvent = { type: 'state', state: 'placed', card: target.card, at_ms: nowMs };
      const placement: Placement = {
        jobId: job.id,
        queue: job.queue,
        token: job.token,
        lane: target.lane,
        reservedCells: target.reservedCells,
        placedAtMs: nowMs,
      };
      keys.push(
        this.names.lock(job.queue, job.id),
        this.names.stalled(job.queue),
        this.names.record(job.id),
        this.names.events(job.id),
        this.names.card(target.card),
        this.names.placements(target.card),
        this.names.inbox(target.card, target.incarnation),
      );
      args.push(
        job.id,
        job.token,
        target.card,
        target.incarnation,
        JSON.stringify(event),
        textOfPlacement(placement),
        target.reservedCells,
        target.predictedPeakCells ?? target.reservedCells,
        target.outgrown ?? job.outgrown,
        `lane ${target.lane}, ${target.reservedCells} cells`,
      );
    }
    const outcomes = (await placeScript.run(this.redis, keys, args)) as PlaceOutcome[];
    for (const [at, { job }] of placings.entries()) {
      if (outcomes[at] === 'placed' || outcomes[at] === 'lost') this.fetched.delete(job.id);
    }
    return outcomes;
  }

  async renew(jobs: readonly FetchedJob[]): ReturnType<Dispatch['renew']> {
    if (jobs.length === 0) return { lost: [], stopRequested: [] };
    const replies = (await renewScript.run(
      this.redis,
      jobs.flatMap(({ queue, id }) => [
        this.names.lock(queue, id),
        this.names.stalled(queue),
        this.names.active(queue),
        this.names.record(id),
      ]),
      [this.config.leaseMs, ...jobs.flatMap(({ id, token }) => [id, token])],
    )) as ('lost' | 'held' | StopReply)[];
    const lost = jobs.filter((_, at) => replies[at] === 'lost').map(({ id }) => id);
    for (const id of lost) this.fetched.delete(id);
    const stopRequested = jobs.flatMap(({ id: jobId }, at) => {
      const reply = replies[at] ?? 'held';
      return reply === 'held' || reply === 'lost' ? [] : [{ jobId, stop: STOPS[reply] }];
    });
    return { lost, stopRequested };
  }

  async giveBack(job: FetchedJob): Promise<void> {
    const bullJob = this.fetched.get(job.id);
    this.fetched.delete(job.id);
    await bullJob?.moveToWait(job.token).catch((error: unknown) => this.warn(job.id, error));
  }

  fail(job: FetchedJob, failure: JobFailure): Promise<void> {
    return this.end(
      job,
      'failed',
      { failure: JSON.stringify(failure) },
      [{ type: 'error', error: failure }],
      failure.message,
    );
  }

  stop(job: FetchedJob, stop: StopRequest): Promise<void> {
    if (stop === 'pause') return this.end(job, 'paused', {}, []);
    const finishReason = 'cancelled';
    if (stop === 'cancel') return this.end(job, 'cancelled', { finishReason }, []);
    return this.end(job, 'expired', { finishReason, failure: JSON.stringify(DEADLINE_PASSED) }, []);
  }

  lookAtClock(): Promise<{ due: number; expired: number }> {
    return this.clock.look(Date.now());
  }

  pausedQueues(): Promise<PausedQueues> {
    return readPausedQueues(this.redis, this.names);
  }

  async recover(): Promise<Recovered[]> {
    const adopted = await sweepOutbox(this.redis, this.names, this.bull, OUTBOX_PATIENCE_MS);
    if (adopted > 0) this.config.logger?.warn({ jobs: adopted }, 'jobs whose submit broke off were queued');
    if (performance.now() < this.noRecoveryBeforeMs) return [];
    const recovered: Recovered[] = [];
    for (const queue of await this.redis.smembers(this.names.queues)) {
      for (const jobId of await this.workers.moveStalledJobsToWait(queue)) {
        const outcome = await this.noteLost(queue, jobId);
        if (outcome !== undefined) recovered.push({ jobId, outcome });
      }
    }
    return recovered;
  }

  latestShares(): Promise<Shares | undefined> {
    return this.shares.latest();
  }

  publishShares(shares: Shares): Promise<boolean> {
    return this.shares.publish(shares, this.leadership.fence);
  }

  latestPredictions(): Promise<Predictions | undefined> {
    return this.predictions.latest();
  }

  async publishPredictions(predictions: Predictions): Promise<boolean> {
    if (!(await this.predictions.publish(predictions, this.leadership.fence))) return false;
    const { countedUntil } = predictions;
    if (countedUntil !== '') await this.redis.xtrim(this.names.endings, 'MINID', countedUntil);
    return true;
  }

  onChange(listener: () => void): void {
    this.subscriptions.onReconnect(listener);
    for (const channel of [this.names.changedChannel, this.names.stopChannel]) {
      this.subscriptions.subscribe(channel, listener).catch((error: unknown) => this.warn('', error));
    }
  }

  async close(): Promise<void> {
    await this.workers.close();
    await this.bull.close();
    await this.subscriptions.close();
    await closeRedis(this.redis);
  }

  /** What placing needs to know of them. Those that have ended meanwhile are cleared away. */
  private async adopt(queue: string, active: readonly ActiveJob[]): Promise<FetchedJob[]> {
    if (active.length === 0) return [];
    const replies = (await adoptScript.run(
      this.redis,
      active.flatMap(({ id }) => [this.names.lock(queue, id), this.names.record(id), this.names.events(id)]),
      [this.names.prefix, ...lossEvents(), ...active.flatMap(({ id, token }) => [id, token])],
    )) as (string | null)[][];
    const fetched: FetchedJob[] = [];
    const ended: Promise<void>[] = [];
    for (const [at, { id, token, bullJob }] of active.entries()) {
      const found = outlineOf(id, replies[at] ?? []);
      if (found === undefined || found.ended !== undefined || found.isSetAside) {
        // It ended, or was set aside (its worker died before it told BullMQ), or was forgotten: nothing is left to run.
        ended.push(this.settle(bullJob, token, found?.ended ?? 'cancelled'));
        continue;
      }
      this.fetched.set(id, bullJob);
      fetched.push({ ...found.outline, queue, token });
    }
    await Promise.all(ended);
    return fetched;
  }

  private async noteLost(queue: string, id: string): Promise<Recovered['outcome'] | undefined> {
    const outcome = (await noteLostScript.run(
      this.redis,
      [this.names.lock(queue, id), this.names.record(id), this.names.events(id)],
      [this.names.prefix, id, ...lossEvents()],
    )) as Recovered['outcome'] | 'ignored';
    return outcome === 'ignored' ? undefined : outcome;
  }

  private async end(
    job: FetchedJob,
    state: JobState,
    fields: Readonly<Record<string, string>>,
    events: readonly JobEvent[],
    reason?: string,
  ): Promise<void> {
    const nowMs = Date.now();
    await this.write(job, {
      state,
      fields: state === 'paused' ? fields : { ...fields, finishedAtMs: nowMs },
      events: [...events, { type: 'state', state, at_ms: nowMs }],
    });
    const bullJob = this.fetched.get(job.id);
    this.fetched.delete(job.id);
    if (bullJob) await this.settle(bullJob, job.token, state, reason);
  }

  /** The scheduler's own writes are the first under a token; a worker that takes over goes on from there. */
  private write(job: FetchedJob, change: Parameters<typeof sendWrite>[3]) {
    const { queue, id, token } = job;
    const number = change.state === undefined ? 0 : 1;
    return sendWrite(
      this.redis,
      this.names,
      { queue, id, token, leaseMs: this.config.leaseMs, keepEventsMs: keepEventsMsOf(this.config), number },
      change,
    );
  }

  private async settle(
    job: Job<BullJobData>,
    token: string,
    state: JobState,
    reason?: string,
  ): Promise<void> {
    await settleJob(job, token, state, reason).catch((error: unknown) => this.warn(job.id ?? '', error));
  }

  private warn(job: string, error: unknown): void {
    this.config.logger?.warn({ job, error: String(error) }, 'bullmq refused; the job will come by again');
  }
}
