import {
  AdmissionRound,
  fresh,
  KeptPools,
  newcomer,
  Outlook,
  PACKING_GATE,
  PACKING_Z,
  Pool,
  spareCells,
  type Foreseen,
  type LaneOffer,
} from '@gistpool/core';
import type { Foresight } from '../foresight';
import type { SimPool } from '../sim-pool';
import type { EngineRules } from './engine-rules';
import type { Held } from './service-rounds';

export interface CourseParts {
  readonly foresight: Foresight;
  readonly rules: EngineRules;
  readonly keptCells: number;
  /** What shares the cells of a lane; undefined: its slots have cells of their own. */
  readonly sharedPool: (offer: LaneOffer) => SimPool | undefined;
  /** What a place must set aside at least. */
  readonly cellsFor: (held: Held) => number;
}

/** Shared lanes take jobs by what is foreseen of their sessions, with core's pools, as the scheduler makes them each round. */
export class CourseAdmission {
  private readonly kept = new KeptPools();

  constructor(private readonly parts: CourseParts) {}

  round(offers: readonly LaneOffer[], waiting: readonly Held[], nowMs: number): AdmissionRound<Held> {
    const withPools = offers.map((offer) => {
      const pool = this.parts.sharedPool(offer);
      return pool ? { ...offer, pool: this.poolOf(pool) } : offer;
    });
    const pools = withPools.flatMap((offer) => ('pool' in offer && offer.pool ? [offer.pool] : []));
    this.kept.keep(pools, new Set(waiting.map(({ jobId }) => jobId)), nowMs);
    return new AdmissionRound<Held>(withPools, {
      foresee: (held) => this.foresee(held),
      kept: this.kept,
      nowMs,
    });
  }

  private foresee(held: Held): Foreseen {
    const { foresight } = this.parts;
    const { job, session } = held.queued;
    const known = foresight.predictor.known(foresight.featuresOf(job));
    const standing = session?.standing ?? fresh(job.promptTokens);
    const forecast = foresight.forecast(job);
    const outlook = new Outlook();
    forecast.addTo(outlook, standing);
    return {
      standing,
      forecast,
      newcomer: newcomer(this.parts.cellsFor(held), outlook, PACKING_Z),
      longRunSteps: foresight.longRunSteps(job),
      msPerStep: known.msPerToken,
    };
  }

  private poolOf(pool: SimPool): Pool {
    pool.sync();
    const made = new Pool(pool.id, pool.shape, PACKING_Z);
    for (const { standing, job } of pool.members) {
      made.add({ standing, forecast: this.parts.foresight.forecast(job) });
    }
    made.reserveCells = this.reserveOf(pool);
    return made;
  }

  /** Nobody comes in while somebody waits inside. Never more than all of them together can still come to hold. */
  private reserveOf({ members, running, liveCells }: SimPool): number {
    if (running.length < members.length) return Number.POSITIVE_INFINITY;
    const { keptCells, rules } = this.parts;
    const most = members.reduce((sum, one) => sum + Math.max(one.liveCells, rules.boundOf(one.job)), 0);
    return Math.min(spareCells(members, members, liveCells, keptCells, PACKING_GATE), most - liveCells);
  }
}
