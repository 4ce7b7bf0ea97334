import {
  AdmissionRound,
  Ledger,
  linearSharing,
  type Predictor,
  type Reservation,
  type StepTime,
} from '@gistpool/core';
import type { TracePool, TraceStepTime } from '@gistpool/contracts';
import { Fleet } from '../fleet';
import { Foresight } from '../foresight';
import type { SimPolicy } from '../policy';
import { PoolLife } from '../pool-life';
import { Recorder } from '../recorder';
import type { SimCard } from '../sim-card';
import { keptCells, type SimJob, type Trace } from '../sim-job';
import type { SimPool } from '../sim-pool';
import { SimSession } from '../sim-session';
import { EngineRules } from './engine-rules';
import { ledgerCardOf, planOf, poolsByLane } from './recorded-lanes';
import { CourseAdmission } from './course-admission';
import { idOf, ServiceRounds, type Held, type Queued, type RoundsOptions } from './service-rounds';

/** Saving and loading a cache, where a session has to move. */
const MOVE_BYTES_PER_MS = 400_000;
const AGEING_MS = 600_000;
const SESSIONS_PER_EPOCH = 50;

/** What became of a job. */
export interface ServiceRun {
  readonly job: SimJob;
  readonly startedMs: number;
  readonly endedMs: number;
  /** By the closed form: the continue that follows a thought's eviction counts with the thought. */
  readonly peakCells: number;
}

/** Something that the scheduler hears of: a job came, or one ended and its place is free. */
interface Notice {
  readonly atMs: number;
  readonly hear: () => void;
}

export const stepTimeOf = (time: TraceStepTime): StepTime => ({
  passMs: time.pass_ms,
  sessionMs: time.session_ms,
  cellMs: time.cell_ms,
  prefillMs: time.prefill_ms,
  sharing: linearSharing(0),
});

/**
 * The service itself on a trace: the scheduler's rounds place by reservations on the recorded lanes, and cards go on as
 * workers do. Whatever the scheduler hears it hears as much later as it took in the recorded pool.
 */
export class ServiceSimulation {
  readonly runs: ServiceRun[] = [];
  readonly recorder: Recorder;
  private readonly fleet: Fleet;
  private readonly foresight: Foresight;
  private readonly life: PoolLife;
  private readonly rounds: ServiceRounds;
  private readonly ledger: Ledger;
  private readonly rules: EngineRules;
  private readonly lanes = new Map<string, SimPool[][]>();
  /** Their order is that of time: all are heard equally late. */
  private readonly notices: Notice[] = [];
  private readonly startedMs = new Map<string, number>();
  private readonly sessions = new Map<string, SimSession>();
  private arrived = 0;

  constructor(
    private readonly trace: Trace,
    private readonly pool: TracePool,
    private readonly predictor: Predictor,
  ) {
    const time = stepTimeOf(pool.step_time);
    this.rules = new EngineRules(trace);
    this.ledger = new Ledger(pool.admission === 'predicted' ? 'courses' : 'sums');
    const policy: SimPolicy = { name: 'service', label: 'service', z: 0, knows: false, rules: this.rules };
    this.fleet = new Fleet(pool.cards.map(planOf), policy, keptCells(trace), time);
    pool.cards.forEach((recorded, at) => {
      const card = this.cardAt(at);
      this.ledger.replaceCard(ledgerCardOf(trace.model, recorded, card.name));
      this.lanes.set(card.name, poolsByLane(card, recorded));
    });
    this.recorder = new Recorder(trace, this.fleet.cards);
    this.foresight = new Foresight(trace, policy, predictor);
    const settings = {
      cards: pool.cards.length,
      time,
      moveBytesPerMs: MOVE_BYTES_PER_MS,
      ageingMs: AGEING_MS,
    };
    this.life = new PoolLife(
      this.fleet,
      policy,
      this.foresight,
      this.recorder,
      settings,
      trace.kvBytesPerCell,
      {
        sentBack: (session) => this.sentBack(session),
        ended: (session) => this.ended(session),
      },
    );
    this.rounds = new ServiceRounds({
      model: trace.model,
      ledger: this.ledger,
      ageingMs: AGEING_MS,
      cellsFor: (queued) => this.cellsFor(queued),
      round: this.admission(),
      place: (queued, where) => this.place(queued, where),
    });
  }

  private admission(): RoundsOptions['round'] {
    const { foresight, rules, trace } = this;
    if (this.pool.admission === 'bound') return (offers) => new AdmissionRound<Held>(offers);
    const courses = new CourseAdmission({
      foresight,
      rules,
      keptCells: keptCells(trace),
      cellsFor: ({ queued }) => this.cellsFor(queued),
      sharedPool: ({ card, lane }) => this.lanes.get(card)?.[lane]?.find(({ shape }) => shape.sessions > 1),
    });
    return (offers, waiting, nowMs) => courses.round(offers, waiting, nowMs);
  }

  run(): readonly ServiceRun[] {
    const { jobs } = this.trace;
    const { fleet, notices } = this;
    for (;;) {
      const card = fleet.next;
      const arrivesAtMs = jobs[this.arrived]?.createdAtMs ?? Number.POSITIVE_INFINITY;
      const heardAtMs = notices[0]?.atMs ?? Number.POSITIVE_INFINITY;
      const happensAtMs = card?.nextAtMs ?? Number.POSITIVE_INFINITY;
      const next = Math.min(arrivesAtMs, heardAtMs, happensAtMs);
      if (next === Number.POSITIVE_INFINITY) break;
      if (next === arrivesAtMs) this.arrive(arrivesAtMs);
      else if (next === heardAtMs) this.hear(heardAtMs);
      else if (card) this.happen(card);
    }
    return this.runs;
  }

  private arrive(atMs: number): void {
    const { jobs } = this.trace;
    for (let job = jobs[this.arrived]; job && job.createdAtMs <= atMs; job = jobs[this.arrived]) {
      const arrived = job;
      this.arrived += 1;
      this.tell(atMs, () => this.rounds.push({ job: arrived }));
    }
  }

  private tell(atMs: number, hear: () => void): void {
    this.notices.push({ atMs: atMs + this.pool.hand_over_ms, hear });
  }

  /** All that the scheduler has heard by then, and a round. */
  private hear(atMs: number): void {
    const { fleet, notices } = this;
    fleet.nowMs = Math.max(fleet.nowMs, atMs);
    while (notices[0] && notices[0].atMs <= atMs) notices.shift()?.hear();
    if (this.rounds.waiting === 0) return;
    this.followMoves();
    const running = this.ledger
      .reservations()
      .flatMap(({ jobId, cells }) => ({ job: this.sessions.get(jobId)?.job, cells }))
      .flatMap(({ job, cells }) => (job ? [{ job, cells }] : []));
    this.rounds.round(running, fleet.nowMs);
  }

  /** The card reaches its next event. */
  private happen(card: SimCard): void {
    card.advance(card.nextStep() - card.step);
    this.fleet.nowMs = Math.max(this.fleet.nowMs, card.timeMs);
    for (const pool of card.pools) if (pool.nextStep <= card.step) this.life.settle(pool);
    this.fleet.reschedule(card);
  }

  private ended({ job, standing }: SimSession): void {
    const endedMs = this.fleet.nowMs;
    const startedMs = this.startedMs.get(job.jobId) ?? endedMs;
    this.runs.push({ job, startedMs, endedMs, peakCells: standing.peakCells });
    this.freed(job);
  }

  private freed(job: SimJob): void {
    this.tell(this.fleet.nowMs, () => {
      this.ledger.release(idOf(job));
      this.sessions.delete(idOf(job));
    });
  }

  private sentBack(session: SimSession): void {
    this.freed(session.job);
    this.tell(this.fleet.nowMs, () => this.rounds.push({ job: session.job, session }));
  }

  private cellsFor({ job, session }: Queued): number {
    const bound = this.rules.boundOf(job);
    const predicted =
      this.pool.admission === 'bound'
        ? bound
        : Math.min(bound, this.predictor.predictedPeakCells(this.foresight.featuresOf(job)));
    return Math.max(predicted, session?.standing.peakCells ?? 0);
  }

  private place(queued: Queued, { jobId, card: name, lane, cells }: Reservation): void {
    const pool = this.lanes.get(name)?.[lane]?.find((one) => one.members.length < one.shape.sessions);
    // Free by the ledger only: somebody moved there, and the worker hands the newcomer back.
    if (!pool) return this.tell(this.fleet.nowMs, () => this.rounds.push(queued));
    const { card } = pool;
    this.ledger.reserve(jobId, name, lane, cells);
    card.catchUp(this.fleet.nowMs);
    const session = queued.session ?? this.started(queued.job, card, cells);
    if (queued.session) card.pause(this.life.savingMs(session));
    this.sessions.set(jobId, session);
    session.accountedAtMs = card.timeMs;
    this.life.enter(pool, session);
    this.life.settle(pool);
    this.fleet.reschedule(card);
  }

  private started(job: SimJob, card: SimCard, predictedPeakCells: number): SimSession {
    const { nowMs } = this.fleet;
    const epoch = Math.floor(this.startedMs.size / SESSIONS_PER_EPOCH);
    const progress = this.foresight.begin(job, predictedPeakCells, epoch);
    const forecast = this.foresight.forecast(job);
    const session = new SimSession(job, job.course(), forecast, progress, keptCells(this.trace));
    session.placedAtMs = nowMs;
    session.order = this.startedMs.size + 1;
    this.startedMs.set(job.jobId, nowMs);
    this.recorder.started(job, nowMs, predictedPeakCells);
    card.pause(job.promptTokens * stepTimeOf(this.pool.step_time).prefillMs);
    return session;
  }

  /** A worker tells the scheduler where it has moved a session. */
  private followMoves(): void {
    for (const [card, lanes] of this.lanes) {
      lanes.forEach((pools, lane) => {
        for (const { job } of pools.flatMap(({ members }) => members)) {
          const held = this.ledger.get(idOf(job));
          if (!held || (held.card === card && held.lane === lane)) continue;
          this.ledger.release(held.jobId);
          this.ledger.reserve(held.jobId, card, lane, held.cells);
        }
      });
    }
  }

  private cardAt(at: number): SimCard {
    const card = this.fleet.cards[at];
    if (!card) throw new Error(`there is no card ${at}`);
    return card;
  }
}
