import type { CardView, ModelInfo } from '@gistpool/contracts';
import {
  AdmissionRound,
  KeptPools,
  type LaneOffer,
  type Margin,
  type Predictor,
  type TurnsJob,
} from '@gistpool/core';
import {
  fleetLedger,
  Foresight,
  havePools,
  type FetchedJob,
  type PlacedJob,
  type Placement,
} from '@gistpool/queue';

/** What places are given by: peaks and courses predicted from jobs that ended, or the most that jobs can ever hold. */
export type AdmissionBy = 'predicted' | 'bound';

/** A job that is fetched and asks for a place. */
export interface Asking extends TurnsJob {
  readonly fetched: FetchedJob;
}

export interface Places {
  /** Lanes that take jobs. */
  readonly offers: readonly LaneOffer[];
  /** Lanes of cordoned cards. */
  readonly closed: readonly LaneOffer[];
  /** Jobs for which their card shows no place. */
  readonly overbooked: readonly string[];
}

/** What a job needs, and which places have room for it. Looks anew each round. */
export class Admission {
  private readonly kept = new Map<string, KeptPools>();
  private foresight: Foresight | undefined;

  constructor(private readonly by: AdmissionBy) {}

  /** Begins a round. */
  look(
    predictor: Predictor,
    models: ReadonlyMap<string, ModelInfo>,
    margins: ReadonlyMap<string, Margin>,
  ): void {
    this.foresight = this.by === 'predicted' ? new Foresight(predictor, models, margins) : undefined;
  }

  /** A session that outgrew its place knows better than what was predicted. */
  neededCells(job: FetchedJob): number {
    return this.foresight?.neededCells(job) ?? Math.max(job.predictedPeakCells, job.peakCells ?? 0);
  }

  async places(
    cards: readonly CardView[],
    placements: ReadonlyMap<string, readonly Placement[]>,
    readPlaced: () => Promise<readonly PlacedJob[]>,
  ): Promise<Places> {
    const { ledger, closed, overbooked } = fleetLedger(
      cards,
      placements,
      this.foresight ? 'courses' : 'sums',
    );
    const offers = ledger.offers();
    if (!this.foresight || !havePools(cards)) return { offers, closed, overbooked };
    return { offers: this.foresight.withPools(offers, cards, await readPlaced()), closed, overbooked };
  }

  /** For jobs of one model. `waiting`: all that may be asked, now or in later rounds. */
  round<J extends Asking>(
    model: string,
    offers: readonly LaneOffer[],
    waiting: readonly J[],
    nowMs: number,
  ): AdmissionRound<J> {
    const { foresight } = this;
    if (!foresight) return new AdmissionRound<J>(offers);
    const kept = this.kept.get(model) ?? new KeptPools();
    this.kept.set(model, kept);
    const pools = offers.flatMap(({ pool }) => pool ?? []);
    kept.keep(pools, new Set(waiting.map(({ jobId }) => jobId)), nowMs);
    return new AdmissionRound<J>(offers, {
      foresee: ({ fetched }) => foresight.foresee(fetched),
      kept,
      nowMs,
    });
  }
}
