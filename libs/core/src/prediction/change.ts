import { BUCKETS } from './buckets';
import { dense, KIND } from './counts';
import { byEpoch, type Group } from './group';

/**
 * How far running and ended sessions have come: in thoughts; in cells where nothing is compressed. With thoughts cells are no
 * clock: an early spike would pass for a long run.
 */
const THOUGHTS = [KIND.runningThoughts, KIND.endedThoughts] as const;
const CELLS = [KIND.runningGrowth, KIND.endedGrowth] as const;

/** Deviations beyond which chance is no explanation any more. */
const SURPRISE = 4;

/**
 * The epoch with which jobs became longer or shorter than all earlier ones were, if they did: of all ways to cut the epochs
 * in two the one where the later sessions ended more rarely, or more often, than the earlier ones' hazards have it (the
 * one-sample log-rank test). Sessions that still run are evidence, too: a new regime of long jobs shows long before the first
 * of them ends.
 */
export function lastChange(groups: readonly Group[]): number {
  const epochs = byEpoch(groups);
  const thinks = epochs.some(([, counts]) => dense(counts, KIND.thoughtTokens).some((count) => count > 0));
  const [running, ended] = thinks ? THOUGHTS : CELLS;
  const table = epochs.map(([epoch, counts]) => ({
    epoch,
    runs: dense(counts, running),
    ends: dense(counts, ended),
  }));
  const later = { runs: new Float64Array(BUCKETS), ends: new Float64Array(BUCKETS) };
  const earlier = { runs: new Float64Array(BUCKETS), ends: new Float64Array(BUCKETS) };
  for (const one of table) sum(earlier, one, 1);
  let changedAt = Number.NEGATIVE_INFINITY;
  let most = SURPRISE;
  for (const one of table.slice(0, -1)) {
    sum(later, one, 1);
    sum(earlier, one, -1);
    const score = surprise(later, earlier);
    if (score > most) [most, changedAt] = [score, one.epoch];
  }
  return changedAt;
}

interface Sessions {
  readonly runs: Float64Array;
  readonly ends: Float64Array;
}

function sum(to: Sessions, { runs, ends }: Sessions, sign: 1 | -1): void {
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    to.runs[bucket] = (to.runs[bucket] ?? 0) + sign * (runs[bucket] ?? 0);
    to.ends[bucket] = (to.ends[bucket] ?? 0) + sign * (ends[bucket] ?? 0);
  }
}

/** Deviations between the ends of the later sessions and those that the earlier ones' hazards foretell. */
function surprise(later: Sessions, earlier: Sessions): number {
  let atRisk = 0;
  let endedBefore = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    atRisk += (earlier.runs[bucket] ?? 0) + (earlier.ends[bucket] ?? 0);
    endedBefore += earlier.ends[bucket] ?? 0;
  }
  if (endedBefore === 0) return 0;
  let hazard = 0;
  let expected = 0;
  let ended = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    // What runs has yet to come through the bucket that it has reached.
    expected += (later.runs[bucket] ?? 0) * hazard;
    const ends = earlier.ends[bucket] ?? 0;
    if (atRisk > 0) hazard += ends / atRisk;
    atRisk -= ends + (earlier.runs[bucket] ?? 0);
    expected += (later.ends[bucket] ?? 0) * hazard;
    ended += later.ends[bucket] ?? 0;
  }
  const variance = expected * (1 + expected / endedBefore) + 1;
  return Math.abs(ended - expected) / Math.sqrt(variance);
}
