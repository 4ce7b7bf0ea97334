import type { Demand } from '../packing/lane-plan';
import { upperEdge } from './buckets';
import { countOf, KIND, SUM } from './counts';
import { boundOf, groupName, groupPath, type JobFeatures } from './features';
import type { Group } from './group';
import { groupFigures } from './groups';
import type { Predictor } from './predictor';
import type { Survival } from './survival';

/**
 * What one session of such jobs holds, averaged over its life. Until enough of them have ended it counts with its upper
 * bound; no longer, for packing goes by averages, too: what is only not yet promised must not ask for cards.
 */
export function heldOnAverage(
  predictor: Predictor,
  features: JobFeatures,
): Pick<Demand, 'meanCells' | 'deviationCells'> {
  const bound = boundOf(features);
  if (predictor.known(features).countedSessions < SESSIONS_TO_PLAN_BY)
    return { meanCells: bound, deviationCells: 0 };
  const held = heldBy(predictor, features);
  const meanCells = Math.min(bound, held.meanCells);
  const meanSquare = Math.min(bound * bound, held.meanSquare);
  return { meanCells, deviationCells: Math.sqrt(Math.max(0, meanSquare - meanCells * meanCells)) };
}

/** What the sessions of a model hold, of all kinds that came lately. */
export interface Mix {
  readonly demand: Demand;
  /** By so many that have ended; recent ones count more. */
  readonly endedSessions: number;
}

/** Averages over fewer ended sessions than these are guesses: lanes are planned by upper bounds. */
export const SESSIONS_TO_PLAN_BY = 24;
/** Epochs after which a group's sessions count half in the mix. */
const HALF_LIFE_EPOCHS = 2;

/**
 * The demand of a card that serves a model: its groups of jobs, each as often as it came lately and for as long as its
 * sessions stay. `usual` is a job with the default limits: whatever is expected, the bound of such a one must fit. A
 * group's peak is what a place sets aside for its jobs.
 */
export function mixOf(predictor: Predictor, usual: JobFeatures): Mix {
  const bound = boundOf(usual);
  const [family] = groupPath(usual);
  const groups = [...predictor.entries()].filter(([path]) => isOf(path, family));
  const endedSessions = groupFigures(predictor)
    .filter(({ model, policy }) => JSON.stringify([model, policy]) === family)
    .reduce((sum, group) => sum + group.endedSessions, 0);
  const newest = Math.max(...groups.flatMap(([, group]) => group.entries().map(([epoch]) => epoch)));
  let weight = 0;
  let cells = 0;
  let squares = 0;
  const peaks: { cells: number; weight: number }[] = [];
  if (endedSessions >= SESSIONS_TO_PLAN_BY)
    for (const [path, group] of groups) {
      const { task, promptTokens, limits } = groupName(path);
      const features = { ...usual, task, promptTokens, limits };
      const { meanCells, meanSquare, steps } = heldBy(predictor, features);
      const share = recent(group, newest) * steps;
      weight += share;
      cells += share * Math.min(bound, meanCells);
      squares += share * Math.min(bound * bound, meanSquare);
      const widestPrompt = Math.floor(promptTokens * WITHIN_BAND);
      const peak = predictor.predictedPeakCells(features) + widestPrompt - promptTokens;
      peaks.push({ cells: Math.min(bound, peak), weight: share });
    }
  if (weight === 0)
    return {
      demand: { meanCells: bound, deviationCells: 0, widestCells: bound, peaks: [] },
      endedSessions,
    };
  const meanCells = cells / weight;
  const deviationCells = Math.sqrt(Math.max(0, squares / weight - meanCells * meanCells));
  return {
    demand: { meanCells, deviationCells, widestCells: bound, peaks: cumulated(peaks, weight) },
    endedSessions,
  };
}

/** The longest prompt of a group to the one in its middle. */
const WITHIN_BAND = 2 ** 0.5;

function isOf(path: string, family: string | undefined): boolean {
  return family !== undefined && path.startsWith(family);
}

function recent(group: Group, newest: number): number {
  return group
    .entries()
    .reduce(
      (sum, [epoch, counts]) =>
        sum + countOf(counts, KIND.sums, SUM.promises) * 0.5 ** ((newest - epoch) / HALF_LIFE_EPOCHS),
      0,
    );
}

function cumulated(peaks: { cells: number; weight: number }[], weight: number): Demand['peaks'] {
  let sum = 0;
  return [...peaks]
    .sort((a, b) => a.cells - b.cells)
    .map((peak) => ({ cells: peak.cells, share: Math.min(1, (sum += peak.weight) / weight) }));
}

interface Held {
  /** Of a session that is met at any of its steps. */
  readonly meanCells: number;
  readonly meanSquare: number;
  /** Of a whole session. */
  readonly steps: number;
}

function heldBy(predictor: Predictor, features: JobFeatures): Held {
  const { distributions, profile } = predictor.known(features);
  if (features.policy.kind !== 'lightthinker') return heldOnTheRamp(distributions.growth, features);
  let weight = 0;
  let sum = 0;
  let squares = 0;
  for (let k = 0; k < features.limits.maxThoughts; k += 1) {
    const alive = profile.aliveAfter(k);
    // Beyond what was seen nobody is taken to end: right for a promise, wrong for an average.
    if (alive < predictor.options.eps / 2) break;
    const floor = features.promptTokens + k * profile.kept;
    weight += alive;
    sum += alive * (floor + profile.metCells);
    squares += alive * (floor * floor + 2 * floor * profile.metCells + profile.metSquare);
  }
  return { meanCells: sum / weight, meanSquare: squares / weight, steps: profile.meanSteps };
}

/** One cell more per step until the end: whoever gets far is met more often, and with more cells. */
function heldOnTheRamp(growth: Survival, features: JobFeatures): Held {
  const most = boundOf(features) - features.promptTokens;
  let steps = 0;
  let sum = 0;
  let squares = 0;
  let alive = 1;
  for (let bucket = 1, from = 0; from < most; bucket += 1) {
    const to = Math.min(most, upperEdge(bucket));
    const cells = features.promptTokens + (from + to) / 2;
    steps += alive * (to - from);
    sum += alive * (to - from) * cells;
    squares += alive * (to - from) * cells * cells;
    alive = growth.beyond[bucket] ?? 0;
    from = to;
  }
  return { meanCells: sum / Math.max(1, steps), meanSquare: squares / Math.max(1, steps), steps };
}
