import { Backlog, FairShare, type Predictor, type StepTime } from '@gistpool/core';
import { Fleet } from './fleet';
import { Foresight, type Waiting } from './foresight';
import { Placing } from './placing';
import type { SimPolicy } from './policy';
import { PoolLife } from './pool-life';
import { Recorder } from './recorder';
import type { CardPlan } from './rules';
import type { SimCard } from './sim-card';
import { keptCells, type Trace } from './sim-job';
import type { SimSession } from './sim-session';

export interface SimSettings {
  readonly cards: number;
  readonly time: StepTime;
  /** For saving and loading the cache of a parked session. */
  readonly moveBytesPerMs: number;
  readonly ageingMs: number;
  /** Called after each job that ends, for whoever watches. */
  readonly ended?: () => void;
}

/** What a fleet that changes its size works with. */
export interface Elastic {
  readonly fleet: Fleet;
  readonly foresight: Foresight;
  readonly backlog: Backlog<Waiting>;
  readonly life: PoolLife;
  readonly placing: Placing;
}

/** Looks at the fleet from time to time. */
export interface Watcher {
  readonly nextAtMs: number;
  look(nowMs: number): void;
}

/** One trace under one policy: goes from event to event, whichever card's comes first. Deterministic. */
export class Simulation {
  readonly recorder: Recorder;
  private readonly share = new FairShare();
  private readonly backlog: Backlog<Waiting>;
  private readonly fleet: Fleet;
  private readonly foresight: Foresight;
  private readonly life: PoolLife;
  private readonly placing: Placing;
  private arrived = 0;
  private readonly watcher: Watcher | undefined;

  constructor(
    private readonly trace: Trace,
    private readonly policy: SimPolicy,
    plan: CardPlan,
    predictor: Predictor,
    private readonly settings: SimSettings,
    watcherOf?: (elastic: Elastic) => Watcher,
  ) {
    this.backlog = new Backlog(this.share, settings.ageingMs);
    this.fleet = new Fleet(
      Array.from({ length: settings.cards }, () => plan),
      policy,
      keptCells(trace),
      settings.time,
    );
    this.recorder = new Recorder(trace, this.fleet.cards);
    this.foresight = new Foresight(trace, policy, predictor);
    const { fleet, foresight, recorder, backlog, share } = this;
    this.life = new PoolLife(fleet, policy, foresight, recorder, settings, trace.kvBytesPerCell, {
      sentBack: (session) => backlog.push(foresight.waiting(session.job, session), fleet.nowMs, true),
      ended: (session) => this.ended(session),
    });
    this.placing = new Placing(
      trace,
      policy,
      plan,
      settings,
      fleet,
      foresight,
      backlog,
      share,
      this.life,
      recorder,
    );
    const { life, placing } = this;
    this.watcher = watcherOf?.({ fleet, foresight, backlog, life, placing });
  }

  run(): Recorder {
    const { jobs } = this.trace;
    const { fleet, backlog, recorder } = this;
    for (;;) {
      const card = fleet.next;
      const arrivesAtMs = jobs[this.arrived]?.createdAtMs ?? Number.POSITIVE_INFINITY;
      const happensAtMs = card?.nextAtMs ?? Number.POSITIVE_INFINITY;
      const watchesAtMs = recorder.done === jobs.length ? undefined : this.watcher?.nextAtMs;
      const next = Math.min(arrivesAtMs, happensAtMs, watchesAtMs ?? Number.POSITIVE_INFINITY);
      if (next === Number.POSITIVE_INFINITY) break;
      if (next === watchesAtMs) this.watch(next);
      else if (arrivesAtMs <= happensAtMs) this.arrive(arrivesAtMs);
      else if (card) this.happen(card);
      this.placing.dispatch();
      recorder.look(fleet.nowMs, backlog.size + jobs.length - this.arrived);
    }
    recorder.finish(fleet.nowMs, backlog.size);
    return recorder;
  }

  private watch(atMs: number): void {
    this.fleet.nowMs = Math.max(this.fleet.nowMs, atMs);
    this.watcher?.look(this.fleet.nowMs);
  }

  private arrive(atMs: number): void {
    const { fleet } = this;
    fleet.nowMs = Math.max(fleet.nowMs, atMs);
    for (;;) {
      const job = this.trace.jobs[this.arrived];
      if (!job || job.createdAtMs > atMs) return;
      this.arrived += 1;
      this.backlog.push(this.foresight.waiting(job), fleet.nowMs);
      fleet.hasRoom = true;
    }
  }

  /** The card reaches its next event. */
  private happen(card: SimCard): void {
    card.advance(card.nextStep() - card.step);
    this.fleet.nowMs = card.timeMs;
    for (const pool of card.pools) if (pool.nextStep <= card.step) this.life.settle(pool);
    this.fleet.reschedule(card);
  }

  private steer({ job, placedAtMs }: SimSession): void {
    const { margin } = this.policy;
    if (!margin) return;
    const { changedAt } = this.foresight.predictor.known(this.foresight.featuresOf(job));
    const hasOverflowed = this.recorder.overflows.has(job.jobId);
    margin.ended({ hasOverflowed, placedAtMs, changedAt }, this.fleet.nowMs);
  }

  private ended(session: SimSession): void {
    const { tenant } = session.job;
    this.share.charge(tenant, session.cellMs - session.chargedCellMs);
    this.backlog.charged(tenant);
    this.policy.admission?.ended(session);
    this.steer(session);
    this.settings.ended?.();
  }
}
