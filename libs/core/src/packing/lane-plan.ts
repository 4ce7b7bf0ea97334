import type { PoolShape } from './pool';
import { stepMs, type StepTime } from './step-time';

/** What sessions of the card's model hold, from the predictor or from what ran. */
export interface Demand {
  /** Over a session's life. */
  readonly meanCells: number;
  readonly deviationCells: number;
  /** The widest job that is to be taken, by its predicted peak. */
  readonly widestCells: number;
  /** By which share of jobs which peak is not exceeded: for slots (G = 1). Sorted by cells. */
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

export interface LanePlan {
  readonly lanes: readonly PlannedLane[];
  readonly sessions: number;
  readonly tokensPerSecond: number;
  readonly why: string;
}

/** Cells come in such portions. */
const PORTION_CELLS = 256;
const SHARING: readonly number[] = [1, 2, 4, 8, 12, 16, 24, 32, 48, 64];
/** More slots than are expected to be busy: sessions below the mean leave room for one more. */
const SPARE_SLOTS = 1.25;

const roundedUp = (cells: number): number => Math.ceil(cells / PORTION_CELLS) * PORTION_CELLS;

/**
 * G, C and P that decode the most tokens per second under the KV budget. A pool for G sessions needs G times the mean and
 * `z` deviations of the sum, and always the widest job; the more share it the less the deviation counts, and the dearer is
 * attention. With G = 1, slots: one lane as wide as the widest, or a narrow one and a wide one, which costs a second pass.
 */
export function planLanes(demand: Demand, card: CardLimits, time: StepTime, z: number): LanePlan {
  const plans = [
    ...SHARING.filter((sharing) => sharing > 1 && sharing <= card.mostSharing).map((sharing) =>
      pooled(sharing, demand, card, time, z),
    ),
    ...slots(demand, card, time),
  ].filter((plan) => plan.sessions > 0);
  const best = plans.reduce<LanePlan | undefined>(
    (most, plan) => (most && most.tokensPerSecond >= plan.tokensPerSecond ? most : plan),
    undefined,
  );
  return (
    best ?? {
      lanes: [],
      sessions: 0,
      tokensPerSecond: 0,
      why: `${card.cells} cells hold no session of ${demand.widestCells} cells`,
    }
  );
}

function pooled(sharing: number, demand: Demand, card: CardLimits, time: StepTime, z: number): LanePlan {
  const needed = sharing * demand.meanCells + z * Math.sqrt(sharing) * demand.deviationCells;
  const least = roundedUp(Math.max(needed, demand.widestCells));
  const pools = Math.min(Math.floor(card.cells / least), Math.floor(card.mostSessions / sharing));
  if (pools === 0) return { lanes: [], sessions: 0, tokensPerSecond: 0, why: '' };
  const cells = Math.max(least, Math.floor(card.cells / pools / PORTION_CELLS) * PORTION_CELLS);
  const fits = sessionsThatFit(cells, demand, z);
  const busy = Math.min(pools * fits, card.mostSessions);
  const slotsPerPool = Math.min(Math.ceil(SPARE_SLOTS * fits), Math.floor(card.mostSessions / pools));
  const ms = stepMs(time, busy, busy * demand.meanCells, slotsPerPool);
  return {
    lanes: [{ pools, cells, sessions: slotsPerPool }],
    sessions: busy,
    tokensPerSecond: (1000 * busy) / ms,
    why: `${pools} pools of ${cells} cells, up to ${slotsPerPool} sessions each: about ${busy} at once, ${ms.toFixed(1)} ms a step`,
  };
}

/** The largest G with G mean + z sqrt(G) deviations within the cells. */
function sessionsThatFit(cells: number, { meanCells, deviationCells }: Demand, z: number): number {
  const spread = z * deviationCells;
  const root = (-spread + Math.sqrt(spread * spread + 4 * meanCells * cells)) / (2 * meanCells);
  return Math.max(1, Math.floor(root * root));
}

function slots(demand: Demand, card: CardLimits, time: StepTime): LanePlan[] {
  const wide = roundedUp(demand.widestCells);
  const one = lanesOf([{ cells: wide, share: 1 }], demand, card, time);
  const two = demand.peaks
    .filter(({ share, cells }) => share > 0 && share < 1 && roundedUp(cells) < wide)
    .map(({ share, cells }) =>
      lanesOf(
        [
          { cells: roundedUp(cells), share },
          { cells: wide, share: 1 - share },
        ],
        demand,
        card,
        time,
      ),
    );
  return [one, ...two];
}

/** Slots of two widths in such numbers that narrow and wide jobs wait equally long. */
function lanesOf(
  widths: readonly { readonly cells: number; readonly share: number }[],
  demand: Demand,
  card: CardLimits,
  time: StepTime,
): LanePlan {
  const perSession = widths.reduce((sum, { cells, share }) => sum + share * cells, 0);
  const sessions = Math.min(card.mostSessions, Math.floor(card.cells / perSession));
  const lanes = widths
    .map(({ cells, share }) => ({ cells, sessions: 1, pools: Math.floor(share * sessions) }))
    .filter(({ pools }) => pools > 0);
  const holdsWidest = lanes.some(({ cells }) => cells >= demand.widestCells);
  const busy = holdsWidest ? lanes.reduce((sum, { pools }) => sum + pools, 0) : 0;
  const ms = stepMs(time, busy, busy * demand.meanCells, 1) + (lanes.length - 1) * time.passMs;
  const named = lanes.map(({ pools, cells }) => `${pools} slots of ${cells} cells`).join(' and ');
  return {
    lanes,
    sessions: busy,
    tokensPerSecond: (1000 * busy) / ms,
    why: `${named}: ${ms.toFixed(1)} ms a step`,
  };
}

/** A card is re-shaped only for so much more, and only when the time it takes is earned back in time. */
const WORTH_IT = 1.1;

/** Whether to leave the present lanes for the plan: both in tokens per second under today's demand. */
export function isWorthReshaping(
  present: { readonly tokensPerSecond: number },
  planned: { readonly tokensPerSecond: number },
  reshapeMs: number,
  lastsMs: number,
): boolean {
  if (planned.tokensPerSecond < WORTH_IT * present.tokensPerSecond) return false;
  const gained = (planned.tokensPerSecond - present.tokensPerSecond) * lastsMs;
  return gained > planned.tokensPerSecond * reshapeMs;
}
