import {
  Backlog,
  Caution,
  FairShare,
  Heap,
  newcomer,
  Outlook,
  PoolIndex,
  PoolRound,
  stepMs,
  type Forecast,
  type JobFeatures,
  type Newcomer,
  type Predictor,
  type StepTime,
} from '@gistpool/core';
import { KnownCourse } from './known-course';
import type { SimPolicy } from './policy';
import { Recorder } from './recorder';
import type { Acts, CardPlan } from './rules';
import { SimCard } from './sim-card';
import { featuresOf, keptCells, peakCells, type Course, type SimJob, type Trace } from './sim-job';
import type { SimPool } from './sim-pool';
import { SimSession } from './sim-session';

export interface SimSettings {
  readonly cards: number;
  readonly time: StepTime;
  /** For saving and loading the cache of a parked session. */
  readonly moveBytesPerMs: number;
  readonly ageingMs: number;
  readonly epochMs: number;
}

interface Waiting {
  readonly jobId: string;
  readonly tenant: string;
  readonly priority: number;
  readonly createdAtMs: number;
  readonly cells: number;
  readonly job: SimJob;
  /** It was at work before. */
  readonly session?: SimSession;
}

/** Steps for which others may go on before one that waits in the same pool. */
const PATIENCE_STEPS = 128;

/** One trace under one policy. Owns all that changes; deterministic. */
export class Simulation {
  readonly recorder: Recorder;
  readonly share = new FairShare();
  private readonly backlog: Backlog<Waiting>;
  private readonly cards: SimCard[];
  private readonly agenda: Heap<SimCard>;
  private readonly index = new PoolIndex<SimPool>();
  private readonly reservedPools = new Map<string, SimPool>();
  private readonly features = new Map<string, JobFeatures>();
  private readonly kept: number;
  private readonly caution: Caution | { readonly z: number };
  private nowMs = 0;
  private arrived = 0;
  private order = 0;
  /** A pool in which something ended since the last round. */
  private hasRoom = false;
  /** Of the job asked last; made once for the several questions about it. */
  private latest: { readonly job: SimJob; readonly course: Course } | undefined;

  constructor(
    private readonly trace: Trace,
    private readonly policy: SimPolicy,
    private readonly plan: CardPlan,
    private readonly predictor: Predictor,
    private readonly settings: SimSettings,
  ) {
    this.kept = keptCells(trace);
    const { z, overflowTarget } = policy;
    this.caution = overflowTarget === undefined ? { z } : new Caution({ z, target: overflowTarget });
    this.backlog = new Backlog(this.share, settings.ageingMs);
    this.cards = Array.from(
      { length: settings.cards },
      (_, at) => new SimCard(`card-${at}`, plan, settings.time, this.caution),
    );
    this.agenda = new Heap((a, b) => a.nextAtMs < b.nextAtMs);
    for (const card of this.cards) {
      this.agenda.push(card);
      for (const pool of card.pools) this.index.update(pool);
    }
    this.recorder = new Recorder(trace, this.cards);
  }

  run(): Recorder {
    const { jobs } = this.trace;
    for (;;) {
      const card = this.agenda.first;
      const arrivesAtMs = jobs[this.arrived]?.createdAtMs ?? Number.POSITIVE_INFINITY;
      if (!card || (card.nextAtMs === Number.POSITIVE_INFINITY && arrivesAtMs === Number.POSITIVE_INFINITY))
        break;
      if (arrivesAtMs <= card.nextAtMs) this.arrive(arrivesAtMs);
      else this.happen(card);
      this.dispatch();
      this.recorder.look(this.nowMs, this.backlog.size + jobs.length - this.arrived);
    }
    this.recorder.finish(this.nowMs, this.backlog.size);
    return this.recorder;
  }

  private arrive(atMs: number): void {
    this.nowMs = Math.max(this.nowMs, atMs);
    for (;;) {
      const job = this.trace.jobs[this.arrived];
      if (!job || job.createdAtMs > atMs) return;
      this.arrived += 1;
      this.backlog.push(this.waiting(job), this.nowMs);
      this.hasRoom = true;
    }
  }

  private waiting(job: SimJob, session?: SimSession): Waiting {
    const { jobId, tenant, priority, createdAtMs } = job;
    const cells = this.predicted(job, session);
    return { jobId, tenant, priority, createdAtMs, cells, job, ...(session && { session }) };
  }

  private predicted(job: SimJob, session?: SimSession): number {
    if (this.policy.knows)
      return peakCells(job.promptTokens, session?.course ?? this.courseOf(job), this.kept);
    return this.predictor.predictedPeakCells(this.featuresOf(job), session?.standing);
  }

  private featuresOf(job: SimJob): JobFeatures {
    const key = `${job.task} ${job.promptTokens}`;
    const known = this.features.get(key);
    if (known) return known;
    const made = featuresOf(this.trace, job);
    this.features.set(key, made);
    return made;
  }

  /** The card reaches its next event. */
  private happen(card: SimCard): void {
    card.advance(card.nextStep() - card.step);
    this.nowMs = card.timeMs;
    for (const pool of card.pools) if (pool.nextStep <= card.step) this.settle(pool);
    this.reschedule(card);
  }

  private reschedule(card: SimCard): void {
    card.schedule();
    this.agenda.moved(card);
  }

  /** Ends what ends in this step, lets go on what may, and sees to it that room is left. */
  private settle(pool: SimPool): void {
    const { rules } = this.policy;
    const acts = this.actsIn(pool);
    const { step } = pool.card;
    pool.sync();
    for (const session of [...pool.running]) if (session.endsAtStep() <= step) this.endThought(pool, session);
    while (pool.running.length > 0 && rules.stepsUntilTight(pool) <= 0) {
      const before = pool.running.length;
      rules.relieve(pool, acts);
      if (pool.running.length === before) break;
    }
    this.goOn(pool, acts);
    this.lookAhead(pool);
  }

  private goOn(pool: SimPool, acts: Acts): void {
    const { rules } = this.policy;
    let isTight = pool.running.length > 0 && rules.stepsUntilTight(pool) <= 0;
    const waiting = pool.members.filter((session) => !session.isRunning);
    waiting.sort((a, b) => a.heldAtStep - b.heldAtStep);
    for (const session of waiting) {
      if (isTight) break;
      if (!rules.mayGoOn(pool, session)) {
        // What needs much room would wait for ever behind those that need little.
        if (pool.card.step - session.heldAtStep > PATIENCE_STEPS) break;
        continue;
      }
      pool.start(session);
      isTight = rules.stepsUntilTight(pool) <= 0;
      if (isTight && pool.running.length > 1) pool.hold(session);
    }
    if (pool.running.length > 0 || pool.members.length === 0) return;
    const chosen = rules.unblock(pool, acts);
    if (chosen && pool.members.includes(chosen)) pool.start(chosen);
  }

  private lookAhead(pool: SimPool): void {
    const { step } = pool.card;
    let next = Number.POSITIVE_INFINITY;
    for (const session of pool.running) next = Math.min(next, session.endsAtStep());
    if (pool.running.length > 0) {
      next = Math.min(next, step + Math.max(1, this.policy.rules.stepsUntilTight(pool)));
    }
    pool.nextStep = next;
    if (!this.policy.admission) {
      // Nobody comes in while somebody waits inside.
      const isWaitedIn = pool.running.length < pool.members.length;
      pool.reserveCells = isWaitedIn ? Number.POSITIVE_INFINITY : this.policy.rules.reserveCells(pool);
      pool.refresh();
    }
    this.index.update(pool);
    this.hasRoom = true;
  }

  private endThought(pool: SimPool, session: SimSession): void {
    pool.unlist(session);
    this.account(pool, session);
    if (session.isTail) {
      this.complete(pool, session);
      return;
    }
    const tokens = session.compress(pool.card.step);
    const freed = tokens;
    pool.liveCells -= freed;
    pool.card.liveCells -= freed;
    this.recorder.sampled(tokens);
    if (session.progress) this.predictor.thought(session.progress, tokens, session.standing.peakCells);
  }

  private complete(pool: SimPool, session: SimSession): void {
    const { standing, course, job } = session;
    standing.peakCells = Math.max(standing.peakCells, standing.floorCells + course.tailTokens);
    this.leave(pool, session);
    this.recorder.sampled(course.tailTokens);
    this.share.charge(job.tenant, session.cellMs - session.chargedCellMs);
    this.backlog.charged(job.tenant);
    this.recorder.completed(job, session, pool.card.timeMs);
    this.policy.admission?.ended(session);
    if (session.progress) {
      this.predictor.end(session.progress, course.tailTokens, standing.peakCells, {
        ms: pool.card.timeMs - session.placedAtMs,
        tokens: standing.sampledTokens + course.tailTokens,
      });
    }
  }

  /** Cell-milliseconds since the last look, for the tenant's share. */
  private account(pool: SimPool, session: SimSession): void {
    const ms = pool.card.timeMs - session.accountedAtMs;
    const cellMs = ms * (session.standing.floorCells + session.thoughtSteps / 2);
    session.accountedAtMs = pool.card.timeMs;
    session.cellMs += cellMs;
    this.recorder.held(session.job.tenant, cellMs);
  }

  private leave(pool: SimPool, session: SimSession): void {
    session.sync(pool.card.step);
    pool.unlist(session);
    session.isRunning = false;
    pool.liveCells -= session.liveCells;
    pool.card.liveCells -= session.liveCells;
    pool.card.sessions -= 1;
    pool.remove(session);
    this.index.update(pool);
  }

  private actsIn(pool: SimPool): Acts {
    const away = (session: SimSession, costMs: number) => {
      if (this.caution instanceof Caution) this.caution.sessionOverflowed();
      this.leave(pool, session);
      pool.card.pause(costMs);
      this.backlog.push(this.waiting(session.job, session), this.nowMs, true);
    };
    const { moveBytesPerMs, time } = this.settings;
    return {
      hold: (session) => pool.hold(session),
      park: (session, why) => {
        this.recorder.overflowed(session.job, 'parked');
        this.recorder.reasons.set(why, (this.recorder.reasons.get(why) ?? 0) + 1);
        away(session, (session.liveCells * this.trace.kvBytesPerCell) / moveBytesPerMs);
      },
      evict: (session) => {
        session.sync(pool.card.step);
        this.recorder.overflowed(session.job, 'evicted');
        const { promptTokens, sampledTokens, thoughtCells, thoughts } = session.standing;
        // A replay goes thought by thought, for each is evicted before the next: a pass for each at least.
        const tokens = promptTokens + sampledTokens + thoughtCells;
        away(session, tokens * time.prefillMs + thoughts * time.passMs);
      },
    };
  }

  private dispatch(): void {
    if (!this.hasRoom || this.backlog.size === 0) return;
    this.hasRoom = false;
    if (this.policy.admission) this.dispatchSimply(this.policy.admission);
    else this.dispatchByRound();
  }

  private dispatchByRound(): void {
    if (this.index.mostHeadroomCells < 1) return;
    const round = new PoolRound(this.backlog, this.index, this.reservedPools, {
      newcomerOf: (waiting) => this.newcomerOf(waiting),
      longRunSteps: ({ job }) => this.longRunSteps(job),
      reservations: Math.max(1, Math.floor((this.plan.pools * this.settings.cards) / 8)),
    });
    for (let placed = round.next(this.nowMs); placed; placed = round.next(this.nowMs)) {
      const { job: waiting, pool } = placed;
      this.place(waiting, pool, placed.newcomer.predictedPeakCells);
    }
  }

  private dispatchSimply(admission: NonNullable<SimPolicy['admission']>): void {
    for (;;) {
      const waiting = this.backlog.first(this.nowMs);
      if (!waiting) return;
      let best: SimPool | undefined;
      for (const card of this.cards) {
        for (const pool of card.pools) {
          if (pool.members.length >= pool.shape.sessions) continue;
          if (best && pool.liveCells >= best.liveCells) continue;
          const live = waiting.session?.liveCells ?? waiting.job.promptTokens;
          if (pool.freeCells - live <= pool.running.length + 1) continue;
          pool.sync();
          if (admission.admits(pool, waiting.job, waiting.session)) best = pool;
        }
      }
      if (!best) return;
      this.backlog.take(waiting, this.nowMs);
      const before = this.recorder.evicted + this.recorder.parked;
      this.place(waiting, best, waiting.cells);
      // What was thrown out for it would throw it out in turn.
      if (this.recorder.evicted + this.recorder.parked > before) return;
    }
  }

  private newcomerOf({ job, session }: Waiting): Newcomer {
    const outlook = new Outlook();
    const forecast = session?.forecast ?? this.forecastOf(job);
    forecast.addTo(outlook, session?.standing ?? freshStanding(job));
    return newcomer(this.predicted(job, session), outlook, this.caution.z);
  }

  private courseOf(job: SimJob): Course {
    if (this.latest?.job !== job) this.latest = { job, course: job.course() };
    return this.latest.course;
  }

  private forecastOf(job: SimJob): Forecast {
    const { knows, gatesByProfile } = this.policy;
    if (!knows) return this.predictor.forecast(this.featuresOf(job));
    const gating = gatesByProfile ? this.predictor.known(this.featuresOf(job)).profile : undefined;
    return new KnownCourse(this.courseOf(job), this.kept, gating);
  }

  private longRunSteps(job: SimJob): number {
    return this.predictor.known(this.featuresOf(job)).profile.stepsQuantile(0.05);
  }

  private place(waiting: Waiting, pool: SimPool, predictedPeakCells: number): void {
    const { card } = pool;
    const { job } = waiting;
    card.catchUp(this.nowMs);
    const { moveBytesPerMs, time } = this.settings;
    let session = waiting.session;
    if (session) {
      card.pause((session.liveCells * this.trace.kvBytesPerCell) / moveBytesPerMs);
    } else {
      const learns = !this.policy.admission && (!this.policy.knows || this.policy.gatesByProfile);
      const progress = !learns
        ? undefined
        : this.predictor.begin(
            this.featuresOf(job),
            predictedPeakCells,
            Math.floor(this.nowMs / this.settings.epochMs),
          );
      session = new SimSession(job, this.courseOf(job), this.forecastOf(job), progress, this.kept);
      session.placedAtMs = this.nowMs;
      card.pause(job.promptTokens * time.prefillMs);
      if (this.caution instanceof Caution) this.caution.sessionPlaced();
      this.recorder.started(job, this.nowMs, predictedPeakCells);
    }
    session.accountedAtMs = card.timeMs;
    this.order += 1;
    if (!waiting.session) this.charge(session, predictedPeakCells, card);
    pool.sync();
    pool.add(session);
    pool.liveCells += session.liveCells;
    card.liveCells += session.liveCells;
    card.sessions += 1;
    this.policy.admission?.placed(pool, session);
    session.order = this.order;
    this.settle(pool);
    this.reschedule(card);
  }

  /** What the job is likely to hold, over how long; set right when it ends. */
  private charge(session: SimSession, predictedPeakCells: number, card: SimCard): void {
    const { job } = session;
    const { profile } = this.predictor.known(this.featuresOf(job));
    const ms = stepMs(this.settings.time, card.running, card.liveCells, this.plan.sharing);
    const cells = Math.min(predictedPeakCells, job.promptTokens + profile.metCells);
    session.chargedCellMs = cells * profile.meanSteps * ms;
    this.share.charge(job.tenant, session.chargedCellMs);
    this.backlog.charged(job.tenant);
  }
}

const freshStanding = ({ promptTokens }: SimJob) => ({
  promptTokens,
  floorCells: promptTokens,
  thoughts: 0,
  sampledTokens: 0,
  thoughtCells: 0,
  peakCells: promptTokens,
});
