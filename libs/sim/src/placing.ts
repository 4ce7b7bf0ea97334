import { POOLS_PER_RESERVATION, PoolRound, stepMs, type Backlog, type FairShare } from '@gistpool/core';
import type { Fleet } from './fleet';
import type { Foresight, Waiting } from './foresight';
import type { SimPolicy } from './policy';
import type { PoolLife } from './pool-life';
import type { Recorder } from './recorder';
import type { CardPlan, SimpleAdmission } from './rules';
import type { SimCard } from './sim-card';
import { keptCells, type Trace } from './sim-job';
import type { SimPool } from './sim-pool';
import { SimSession } from './sim-session';
import type { SimSettings } from './simulation';

/** What the predictor counts together: so many sessions that began one after another; an eighth of all slots, if that is more. */
const SESSIONS_PER_EPOCH = 50;
const EPOCHS_IN_SLOTS = 8;

/** Out of the backlog into the pools: by core's rounds, or as a simpler policy decides. */
export class Placing {
  private readonly reservedPools = new Map<string, SimPool>();
  private order = 0;
  private begun = 0;
  private readonly sessionsPerEpoch: number;

  constructor(
    private readonly trace: Trace,
    private readonly policy: SimPolicy,
    private readonly plan: CardPlan,
    private readonly settings: SimSettings,
    private readonly fleet: Fleet,
    private readonly foresight: Foresight,
    private readonly backlog: Backlog<Waiting>,
    private readonly share: FairShare,
    private readonly life: PoolLife,
    private readonly recorder: Recorder,
  ) {
    const slots = fleet.cards.length * plan.pools * plan.sessions;
    this.sessionsPerEpoch = Math.max(SESSIONS_PER_EPOCH, Math.ceil(slots / EPOCHS_IN_SLOTS));
  }

  dispatch(): void {
    if (!this.fleet.hasRoom || this.backlog.size === 0) return;
    this.fleet.hasRoom = false;
    if (this.policy.admission) this.simply(this.policy.admission);
    else this.byRound();
  }

  /** Nothing is kept in these pools any more. */
  forget(pools: readonly SimPool[]): void {
    for (const [jobId, pool] of this.reservedPools) {
      if (!pools.includes(pool)) continue;
      pool.reserve(undefined, 0);
      this.reservedPools.delete(jobId);
    }
  }

  private byRound(): void {
    const { nowMs, index, cards } = this.fleet;
    if (index.mostHeadroomCells < 1) return;
    const round = new PoolRound(this.backlog, index, this.reservedPools, {
      newcomerOf: (waiting) => this.foresight.newcomer(waiting, (this.policy.margin ?? this.policy).z),
      longRunSteps: ({ job }) => this.foresight.longRunSteps(job),
      reservations: Math.max(1, Math.floor((this.plan.pools * cards.length) / POOLS_PER_RESERVATION)),
    });
    for (let placed = round.next(nowMs); placed; placed = round.next(nowMs)) {
      this.place(placed.job, placed.pool, placed.newcomer.predictedPeakCells);
    }
  }

  /** First come, first served, into the emptiest pool that is admitted to. */
  private simply(admission: SimpleAdmission): void {
    for (;;) {
      const waiting = this.backlog.first(this.fleet.nowMs);
      const best = waiting && this.emptiest(waiting, admission);
      if (!best) return;
      this.backlog.take(waiting, this.fleet.nowMs);
      const before = this.recorder.evicted + this.recorder.parked;
      this.place(waiting, best, waiting.cells);
      // What was thrown out for it would throw it out in turn.
      if (this.recorder.evicted + this.recorder.parked > before) return;
    }
  }

  private emptiest({ job, session }: Waiting, admission: SimpleAdmission): SimPool | undefined {
    let best: SimPool | undefined;
    for (const card of this.fleet.cards) {
      for (const pool of card.pools) {
        if (pool.members.length >= pool.shape.sessions) continue;
        if (best && pool.liveCells >= best.liveCells) continue;
        const live = session?.liveCells ?? job.promptTokens;
        if (pool.freeCells - live <= pool.running.length + 1) continue;
        pool.sync();
        if (admission.admits(pool, job, session)) best = pool;
      }
    }
    return best;
  }

  private place(waiting: Waiting, pool: SimPool, predictedPeakCells: number): void {
    const { card } = pool;
    card.catchUp(this.fleet.nowMs);
    const session = waiting.session ?? this.started(waiting, card, predictedPeakCells);
    if (waiting.session) card.pause(this.life.returningMs(session));
    session.isReplayed = false;
    session.accountedAtMs = card.timeMs;
    this.life.enter(pool, session);
    this.policy.admission?.placed(pool, session);
    this.order += 1;
    session.order = this.order;
    this.life.settle(pool);
    this.fleet.reschedule(card);
  }

  private started({ job }: Waiting, card: SimCard, predictedPeakCells: number): SimSession {
    const { nowMs } = this.fleet;
    const epoch = Math.floor(this.begun / this.sessionsPerEpoch);
    this.begun += 1;
    const progress = this.foresight.begin(job, predictedPeakCells, epoch);
    const course = this.foresight.courseOf(job);
    const session = new SimSession(
      job,
      course,
      this.foresight.forecast(job),
      progress,
      keptCells(this.trace),
    );
    session.placedAtMs = nowMs;
    card.pause(job.promptTokens * this.settings.time.prefillMs);
    this.recorder.started(job, nowMs, predictedPeakCells);
    this.charge(session, predictedPeakCells, card);
    return session;
  }

  /** What the job is likely to hold, over how long; set right when it ends. */
  private charge(session: SimSession, predictedPeakCells: number, card: SimCard): void {
    const { job } = session;
    const { profile } = this.foresight.predictor.known(this.foresight.featuresOf(job));
    const ms = stepMs(this.settings.time, card.running, card.liveCells, this.plan.sharing);
    const cells = Math.min(predictedPeakCells, job.promptTokens + profile.metCells);
    session.chargedCellMs = cells * profile.meanSteps * ms;
    this.share.charge(job.tenant, session.chargedCellMs);
    this.backlog.charged(job.tenant);
  }
}
