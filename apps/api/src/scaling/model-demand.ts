import type { CardView, ModelInfo } from '@gistpool/contracts';
import {
  expectedRunMs,
  leftOfRunMs,
  placeCells,
  type CardDemand,
  type CardLane,
  type Predictor,
} from '@gistpool/core';
import { cardLanesOf, featuresOf, type JobOutline, type ModelBacklog } from '@gistpool/queue';

/** Of a job as long as none of its model has ended. */
export const ASSUMED_RUN_MS = 60_000;

export interface ModelSituation {
  readonly model: ModelInfo;
  /** Of all models. */
  readonly cards: readonly CardView[];
  readonly backlog: ModelBacklog;
  /** Of the card that announced itself last. */
  readonly rememberedLanes: readonly CardLane[] | undefined;
  readonly predictor: Predictor;
  readonly admission: 'predicted' | 'bound';
  readonly nowMs: number;
}

export interface ModelDemand extends CardDemand {
  readonly presentCards: number;
  readonly waitingJobs: number;
  readonly runningJobs: number;
  readonly demandedCells: number;
  readonly backlogCellMs: number;
  /** How long its jobs run is assumed: none has ended yet. */
  readonly isRunAssumed: boolean;
}

/** What is to be done, in the terms in which core tells the cards that it needs. */
export function demandOfModel(situation: ModelSituation): ModelDemand {
  const { model, backlog, predictor, nowMs } = situation;
  const cards = situation.cards.filter((card) => card.model === model.name && card.state === 'ready');
  const closed = new Set(cards.filter(({ cordon }) => cordon !== undefined).map(({ card }) => card));
  const lanes = smallest(cards.map(cardLanesOf)) ?? situation.rememberedLanes;
  const pool = lanes?.find(({ sharedCells }) => sharedCells !== undefined);
  const cellsFor = (job: JobOutline) =>
    placeCells(
      predictor,
      {
        features: featuresOf(job, model),
        boundCells: job.predictedPeakCells,
        peakCells: job.peakCells ?? 0,
      },
      {
        admission: situation.admission,
        ...(pool?.sharedCells !== undefined && { sharedCells: pool.sharedCells }),
      },
    );
  const runMs = (job: JobOutline) => expectedRunMs(predictor, featuresOf(job, model));
  // A sample stands for all; where a job left between two reads the others stand for it, too.
  const each = backlog.sample.length === 0 ? 0 : backlog.waiting / backlog.sample.length;
  const waiting = backlog.sample.map((job) => ({
    jobs: each,
    cells: cellsFor(job),
    runMs: runMs(job) ?? ASSUMED_RUN_MS,
  }));
  if (waiting.length === 0 && backlog.waiting > 0)
    waiting.push({ jobs: backlog.waiting, cells: 0, runMs: ASSUMED_RUN_MS });
  const onOpen = backlog.running.filter(({ card }) => !closed.has(card));
  const running = onOpen.map(({ outline, placement }) => ({
    cells: pool === undefined ? placement.reservedCells : cellsFor(outline),
    leftMs: leftOfRunMs(runMs(outline) ?? ASSUMED_RUN_MS, Math.max(0, nowMs - placement.placedAtMs)),
  }));
  const waitingCells = waiting.reduce((sum, { jobs, cells }) => sum + jobs * cells, 0);
  const runningCells = running.reduce((sum, { cells }) => sum + cells, 0);
  return {
    waiting,
    running,
    cardsAtWork: new Set(onOpen.map(({ card }) => card)).size,
    cardsClosed: closed.size,
    runningOnClosed: backlog.running.length - onOpen.length,
    lanes,
    presentCards: cards.length,
    waitingJobs: backlog.waiting,
    runningJobs: backlog.running.length,
    demandedCells: Math.round(waitingCells + runningCells),
    backlogCellMs: waiting.reduce((sum, { jobs, cells, runMs }) => sum + jobs * cells * runMs, 0),
    isRunAssumed: [...backlog.sample, ...backlog.running.map(({ outline }) => outline)].some(
      (job) => runMs(job) === undefined,
    ),
  };
}

export const cellsOf = (lanes: readonly CardLane[]): number =>
  lanes.reduce((sum, { slots, slotCells, sharedCells }) => sum + (sharedCells ?? slots * slotCells), 0);

/** Where cards differ one more is taken to be like the smallest. */
const smallest = (cards: readonly CardLane[][]): CardLane[] | undefined =>
  cards.toSorted((a, b) => cellsOf(a) - cellsOf(b))[0];
