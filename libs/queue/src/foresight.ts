import type { CardView, ModelInfo } from '@gistpool/contracts';
import {
  fresh,
  keptPerThought,
  LEAST_Z,
  newcomer,
  Outlook,
  PACKING_GATE,
  Pool,
  resumedAt,
  spareCells,
  WHOLE_POOL,
  type Forecast,
  type Foreseen,
  type JobFeatures,
  type LaneOffer,
  type Margin,
  type PoolMember,
  type Predictor,
  type Standing,
} from '@gistpool/core';
import { featuresOf } from './job-features';
import type { JobOutline } from './outline';
import type { PlacedJob } from './placed-jobs';

/** What of a job its place depends on. */
export type ForeseenJob = Pick<
  JobOutline,
  'model' | 'task' | 'promptTokens' | 'limits' | 'predictedPeakCells' | 'peakCells' | 'thoughts' | 'resumes'
>;

interface Member extends PoolMember {
  readonly boundCells: number;
  readonly keptCells: number;
  readonly waits: boolean;
}

/** Share of jobs that run longer than what is called a long run. */
const LONGER_THAN_LONG = 0.05;
/** A job that came back so often, and outgrew a place in doing so, gets a pool to itself: there nobody crowds it out. */
const MOST_RETURNS = 3;

/**
 * What is foreseen of jobs that wait and of pools at work, by what the scheduler has learnt. The scheduler places by it, and
 * the api tells by it why a job waits.
 */
export class Foresight {
  constructor(
    private readonly predictor: Predictor,
    private readonly models: ReadonlyMap<string, ModelInfo>,
    /** What pools keep free, by model; one that is missing is as it begins. */
    private readonly margins: ReadonlyMap<string, Margin>,
  ) {}

  /** The most cells that a job's place is expected to have to hold. What outgrew a place is known to need more than that. */
  neededCells(job: ForeseenJob, features = this.featuresOf(job)): number {
    const { predictedPeakCells: boundCells, peakCells } = job;
    if (features === undefined || needsWholePool(job)) return Math.max(boundCells, peakCells ?? 0);
    const shown = peakCells === undefined ? undefined : { peakCells };
    const predicted = this.predictor.predictedPeakCells(features, shown);
    return Math.max(Math.min(boundCells, predicted), peakCells ?? 0);
  }

  foresee(job: ForeseenJob): Foreseen {
    const features = this.featuresOf(job);
    const standing = this.startOf(job, features);
    const forecast = this.forecastOf(job, features);
    const outlook = new Outlook();
    forecast.addTo(outlook, standing);
    const known = features && this.predictor.known(features);
    return {
      standing,
      forecast,
      newcomer: newcomer(this.neededCells(job, features), outlook, this.zOf(job.model)),
      longRunSteps: known?.profile.stepsQuantile(LONGER_THAN_LONG) ?? Number.POSITIVE_INFINITY,
      msPerStep: known?.msPerToken,
    };
  }

  /** Offers of lanes whose slots share cells get their pools, with all that is placed there. */
  withPools(
    offers: readonly LaneOffer[],
    cards: readonly CardView[],
    placed: readonly PlacedJob[],
  ): LaneOffer[] {
    const pools = new Map(
      cards.flatMap((view) =>
        poolsOf(view, this.zOf(view.model)).map(({ pool, lane }) => [nameOf(view.card, lane), pool]),
      ),
    );
    const members = new Map<string, Member[]>();
    for (const job of placed) {
      const name = nameOf(job.card, job.placement.lane);
      if (!pools.has(name)) continue;
      const there = members.get(name) ?? [];
      members.set(name, there);
      there.push(this.placedMember(job));
    }
    for (const [name, there] of members) {
      const pool = pools.get(name);
      if (!pool) continue;
      for (const member of there) pool.add(member);
      pool.reserveCells = reserveOf(there);
    }
    return offers.map((offer) => {
      const pool = pools.get(nameOf(offer.card, offer.lane));
      return pool ? { ...offer, pool } : offer;
    });
  }

  private zOf(model: string): number {
    return this.margins.get(model)?.z ?? LEAST_Z;
  }

  private placedMember({ outline, features, standing, waits }: PlacedJob): Member {
    return {
      standing: standing ?? this.startOf(outline, features),
      forecast: this.forecastOf(outline, features),
      boundCells: Math.max(outline.predictedPeakCells, outline.peakCells ?? 0),
      keptCells: keptPerThought(features.policy),
      waits,
    };
  }

  private startOf(job: ForeseenJob, features: JobFeatures | undefined): Standing {
    if (features === undefined) return fresh(job.promptTokens);
    const { thoughts, peakCells = 0 } = job;
    return resumedAt(
      features,
      { thoughts, peakCells },
      this.predictor.known(features).profile.meanThoughtTokens,
    );
  }

  private forecastOf(job: ForeseenJob, features: JobFeatures | undefined): Forecast {
    return features === undefined || needsWholePool(job) ? WHOLE_POOL : this.predictor.forecast(features);
  }

  private featuresOf(job: ForeseenJob): JobFeatures | undefined {
    const model = this.models.get(job.model);
    return model && featuresOf(job, model);
  }
}

/** Whether there is anything to foresee: slots with cells of their own go by single jobs. */
export const havePools = (cards: readonly CardView[]): boolean =>
  cards.some(({ lanes }) => lanes.some(({ shared_cells: shared }) => shared !== undefined));

const needsWholePool = ({ peakCells, resumes }: ForeseenJob): boolean =>
  peakCells !== undefined && resumes >= MOST_RETURNS;

const nameOf = (card: string, lane: number): string => `${card}/${lane}`;

const poolsOf = ({ card, lanes }: CardView, z: number) =>
  lanes.flatMap(({ lane, slots, shared_cells: cells }) => {
    if (cells === undefined) return [];
    return [{ lane, pool: new Pool(nameOf(card, lane), { cells, sessions: slots.length }, z) }];
  });

/** Nobody comes in while somebody waits inside. Never more than all of them together can still come to hold. */
function reserveOf(members: readonly Member[]): number {
  if (members.some(({ waits }) => waits)) return Number.POSITIVE_INFINITY;
  let liveCells = 0;
  let mostCells = 0;
  for (const { standing, boundCells } of members) {
    const live = standing.floorCells + standing.thoughtCells;
    liveCells += live;
    mostCells += Math.max(live, boundCells);
  }
  const keptCells = members[0]?.keptCells ?? 0;
  const spare = spareCells(members, members, liveCells, keptCells, PACKING_GATE);
  return Math.min(spare, mostCells - liveCells);
}
