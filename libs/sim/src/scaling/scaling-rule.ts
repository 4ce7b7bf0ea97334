import {
  boundOf,
  cardsNeeded,
  expectedRunMs,
  leftOfRunMs,
  placeCells,
  type CardLane,
  type WaitingDemand,
} from '@gistpool/core';
import type { CardPlan } from '../rules';
import type { Elastic } from '../simulation';

/** How many cards there should be now. */
export interface ScalingRule {
  readonly name: string;
  /** The rule's own knob, in words. */
  readonly setting: string;
  wanted(elastic: Elastic, nowMs: number): number;
}

/** As KEDA's list triggers count: one card for so many jobs that wait or run, whatever they need. */
export function byQueueLength(jobsPerCard: number): ScalingRule {
  return {
    name: 'queue length',
    setting: `${jobsPerCard} jobs a card`,
    wanted: ({ backlog, fleet }) =>
      Math.ceil((backlog.size + fleet.cards.reduce((sum, card) => sum + card.sessions, 0)) / jobsPerCard),
  };
}

/** Jobs that are looked at to tell what all that wait need, as the service does. */
const SAMPLED_JOBS = 256;
/** Of a job of which nothing is known. */
const ASSUMED_RUN_MS = 60_000;

/** gistpool's own: what the predicted places and run times of all that waits and runs come to. */
export function byDemand(drainMs: number, plan: CardPlan, maxCards: number): ScalingRule {
  const lane: CardLane = { slots: plan.sessions, slotCells: plan.cells, sharedCells: plan.cells };
  const lanes = Array.from({ length: plan.pools }, () => lane);
  return {
    name: 'predicted demand',
    setting: `drained in ${drainMs / 1000} s`,
    wanted: ({ backlog, fleet, foresight }, nowMs) => {
      const { predictor } = foresight;
      const waiting: WaitingDemand[] = [];
      const every = Math.max(1, Math.floor(backlog.size / SAMPLED_JOBS));
      let at = 0;
      for (const { job, session } of backlog.jobs()) {
        if (at++ % every !== 0) continue;
        const features = foresight.featuresOf(job);
        const asked = {
          features,
          boundCells: boundOf(features),
          peakCells: session?.standing.peakCells ?? 0,
        };
        waiting.push({
          jobs: 1,
          cells: placeCells(predictor, asked, { admission: 'predicted', sharedCells: plan.cells }),
          runMs: expectedRunMs(predictor, features) ?? ASSUMED_RUN_MS,
        });
      }
      const each = waiting.length === 0 ? 0 : backlog.size / waiting.length;
      const atWork = fleet.cards.filter(({ isOpen, sessions }) => isOpen && sessions > 0);
      const running = atWork.flatMap(({ pools }) =>
        pools.flatMap(({ members }) =>
          members.map(({ job, placedAtMs, standing }) => {
            const features = foresight.featuresOf(job);
            const asked = { features, boundCells: boundOf(features), peakCells: standing.peakCells };
            return {
              cells: placeCells(predictor, asked, { admission: 'predicted', sharedCells: plan.cells }),
              leftMs: leftOfRunMs(expectedRunMs(predictor, features) ?? ASSUMED_RUN_MS, nowMs - placedAtMs),
            };
          }),
        ),
      );
      return cardsNeeded(
        {
          waiting: waiting.map((one) => ({ ...one, jobs: each })),
          running,
          // Both rules may take away cards at work; sessions are handed back then.
          cardsAtWork: 0,
          cardsClosed: 0,
          runningOnClosed: 0,
          lanes,
        },
        { drainMs, minCards: 0, maxCards },
      ).cards;
    },
  };
}
