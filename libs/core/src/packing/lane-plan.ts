import type { PoolShape } from './pool';
import { stepMs, type StepTime } from './step-time';

/** What sessions of the card's model hold, from the predictor or from what ran. */
export interface Demand {
  /** Of a session that is met at any of its steps. */
  readonly meanCells: number;
  readonly deviationCells: number;
  /** The widest job that is to be taken: some place must hold it alone. */
  readonly widestCells: number;
  /** Which share of the sessions at work is foreseen to hold no more than so many cells, ever. Sorted by cells; of the rest nothing is known. */
  readonly peaks: readonly { readonly share: number; readonly cells: number }[];
}

export interface CardLimits {
  /** KV budget divided by the bytes of a cell. */
  readonly cells: number;
  /** Of one context. */
  readonly mostSessions: number;
  /** Sessions that may share a pool; 1 with the stock library. */
  readonly mostSharing: number;
}

export interface PlannedLane extends PoolShape {
  readonly pools: number;
}

/** What lanes bring as long as enough jobs wait. */
export interface LaneRate {
  /** At once. */
  readonly sessions: number;
  readonly tokensPerSecond: number;
}

export interface LanePlan extends LaneRate {
  readonly lanes: readonly PlannedLane[];
  readonly why: string;
}

/** What lanes are to bring most of. On a GPU more sessions are more speed, until computing binds; on a CPU it binds at once. */
export type LaneGoal = 'speed' | 'sessions';

/** Cells come in such portions. */
const PORTION_CELLS = 256;
/** More slots than are expected to be busy: sessions below the mean leave room for one more. */
const SPARE_SLOTS = 1.25;

const roundedUp = (cells: number): number => Math.ceil(cells / PORTION_CELLS) * PORTION_CELLS;
const roundedDown = (cells: number): number => Math.floor(cells / PORTION_CELLS) * PORTION_CELLS;

/**
 * Cells that the sessions of a pool may claim: a pass takes as many tokens from every pool, so each slot but one may have
 * to lend a cell to a filler.
 */
const claimable = ({ cells, sessions }: PoolShape): number => cells - (sessions - 1);

/**
 * G, C and P that decode the most tokens per second under the KV budget, or hold the most sessions at once. A pool for G sessions needs G times the mean and
 * `z` deviations of the sum; the more share it the less the deviation counts, and the dearer is attention. With G = 1,
 * slots: one lane as wide as the widest, or a narrow one and a wide one, which costs a second pass.
 */
export function planLanes(
  demand: Demand,
  card: CardLimits,
  time: StepTime,
  z: number,
  goal: LaneGoal = 'speed',
): LanePlan {
  let best: LanePlan | undefined;
  for (const lanes of [...pooled(demand, card, z), ...slots(demand, card)]) {
    const rate = rateOf(lanes, demand, time, z);
    if (rate.sessions < 1 || (best && !isBetter(rate, best, goal))) continue;
    best = { lanes, ...rate, why: inWords(lanes, rate) };
  }
  return (
    best ?? {
      lanes: [],
      sessions: 0,
      tokensPerSecond: 0,
      why: `${card.cells} cells hold no session of ${demand.widestCells} cells`,
    }
  );
}

const isBetter = (one: LaneRate, other: LaneRate, goal: LaneGoal): boolean =>
  goal === 'sessions' && one.sessions !== other.sessions
    ? one.sessions > other.sessions
    : one.tokensPerSecond > other.tokensPerSecond;

/**
 * What lanes would bring under such a demand, whether they were planned for it or not. Sessions that are foreseen to hold
 * more than a slot has go to wider ones only, so the fewest slots for their share bound the number of all. In a pool sit
 * as many as its cells hold in all likelihood. Nothing, if the widest job fits nowhere.
 */
export function rateOf(lanes: readonly PlannedLane[], demand: Demand, time: StepTime, z: number): LaneRate {
  const places = lanes.map((lane) => {
    const fit =
      lane.sessions === 1 ? 1 : Math.min(lane.sessions, sessionsThatFit(claimable(lane), demand, z));
    return { lane, widthCells: claimable(lane), sessions: lane.pools * fit };
  });
  const all = places.reduce((sum, { sessions }) => sum + sessions, 0);
  if (!places.some(({ widthCells }) => widthCells >= demand.widestCells))
    return { sessions: 0, tokensPerSecond: 0 };
  let most = all;
  for (const { widthCells } of places) {
    const beyond = shareBeyond(widthCells, demand);
    if (beyond === 0) continue;
    const wider = places.reduce((sum, one) => sum + (one.widthCells > widthCells ? one.sessions : 0), 0);
    most = Math.min(most, wider / beyond);
  }
  let ms = 0;
  for (const { lane, sessions } of places) {
    const busy = (most * sessions) / all;
    ms += stepMs(time, busy, busy * demand.meanCells, Math.max(1, busy / lane.pools));
  }
  return { sessions: Math.floor(most + 1e-9), tokensPerSecond: (1000 * most) / ms };
}

function shareBeyond(cells: number, { peaks, widestCells }: Demand): number {
  if (cells >= widestCells) return 0;
  return Math.max(0, 1 - Math.max(0, ...peaks.map((peak) => (peak.cells <= cells ? peak.share : 0))));
}

/** The largest G with G mean + z sqrt(G) deviations within the cells; one alone has them all. */
function sessionsThatFit(cells: number, { meanCells, deviationCells }: Demand, z: number): number {
  const spread = z * deviationCells;
  const root = (-spread + Math.sqrt(spread * spread + 4 * meanCells * cells)) / (2 * meanCells);
  return Math.max(1, Math.floor(root * root + 1e-9));
}

/** All budget in one row of pools, in as many as there may be. */
function pooled(demand: Demand, card: CardLimits, z: number): PlannedLane[][] {
  const plans: PlannedLane[][] = [];
  for (let pools = 1; 2 * pools <= card.mostSessions; pools += 1) {
    const cells = roundedDown(card.cells / pools);
    // So that the widest job has what the fillers leave.
    const roomy = Math.floor(cells - demand.widestCells) + 1;
    const most = Math.min(card.mostSharing, Math.floor(card.mostSessions / pools), roomy);
    if (most < 2) break;
    const fit = sessionsThatFit(claimable({ cells, sessions: most }), demand, z);
    plans.push([{ pools, cells, sessions: Math.min(most, Math.max(2, Math.ceil(SPARE_SLOTS * fit))) }]);
  }
  return plans;
}

function slots(demand: Demand, card: CardLimits): PlannedLane[][] {
  const wide = roundedUp(demand.widestCells);
  const mostWide = Math.min(card.mostSessions, Math.floor(card.cells / wide));
  if (mostWide === 0) return [];
  const plans: PlannedLane[][] = [[{ pools: mostWide, cells: wide, sessions: 1 }]];
  const widths = new Set(demand.peaks.map(({ cells }) => roundedUp(cells)));
  for (const narrow of widths) {
    if (narrow >= wide || narrow === 0) continue;
    for (let wides = 1; wides <= mostWide; wides += 1) {
      const left = Math.floor((card.cells - wides * wide) / narrow);
      const narrows = Math.min(left, card.mostSessions - wides);
      if (narrows < 1) continue;
      plans.push([
        { pools: narrows, cells: narrow, sessions: 1 },
        { pools: wides, cells: wide, sessions: 1 },
      ]);
    }
  }
  return plans;
}

function inWords(lanes: readonly PlannedLane[], { sessions, tokensPerSecond }: LaneRate): string {
  const shapes = lanes.map(namesOf).join(' and ');
  const ms = (1000 * sessions) / tokensPerSecond;
  return `${shapes}: about ${sessions} session${sessions === 1 ? '' : 's'} at once, ${ms.toFixed(1)} ms a step`;
}

function namesOf({ pools, cells, sessions }: PlannedLane): string {
  const plural = pools === 1 ? '' : 's';
  if (sessions === 1) return `${pools} slot${plural} of ${cells} cells`;
  return `${pools} pool${plural} of ${cells} cells for up to ${sessions} sessions${pools === 1 ? '' : ' each'}`;
}

/** A card is re-shaped only for so much more of its goal, and only when the time it takes is earned back in time. */
const WORTH_IT = 1.1;

/** Whether to leave the present lanes for the plan: both under today's demand. */
export function isWorthReshaping(
  present: LaneRate,
  planned: LaneRate,
  reshapeMs: number,
  lastsMs: number,
  goal: LaneGoal = 'speed',
): boolean {
  const worth = ({ tokensPerSecond, sessions }: LaneRate) => (goal === 'speed' ? tokensPerSecond : sessions);
  if (worth(planned) < WORTH_IT * worth(present)) return false;
  const gained = (worth(planned) - worth(present)) * lastsMs;
  return gained > worth(planned) * reshapeMs;
}
