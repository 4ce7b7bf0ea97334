import { add, addAll, countOf, isOfLengths, KIND, SUM, type Counts } from './counts';

/** Epochs that are kept; older ones are forgotten. */
export const KEPT_EPOCHS = 32;
/** Sessions after which older ones count half: a mix that drifts is forgotten within a few hundred. */
const HALF_LIFE_SESSIONS = 600;

/**
 * What was counted about one group of jobs, by epoch (a span of time numbered by the caller). A session's counts belong to
 * the epoch in which it began, however long it runs.
 */
export class Group {
  constructor(private readonly epochs = new Map<number, Counts>()) {}

  epoch(epoch: number): Counts {
    const known = this.epochs.get(epoch);
    if (known) return known;
    const counts: Counts = new Map();
    this.epochs.set(epoch, counts);
    this.forget();
    return counts;
  }

  /** Adds what another scheduler counted. Keeping the newest epochs of the union is itself associative and commutative. */
  merge(other: Group): void {
    for (const [epoch, counts] of other.epochs) {
      const mine = this.epochs.get(epoch);
      if (mine) addAll(mine, counts);
      else this.epochs.set(epoch, new Map(counts));
    }
    this.forget();
  }

  entries(): [epoch: number, Counts][] {
    return [...this.epochs].sort(([a], [b]) => b - a);
  }

  private forget(): void {
    if (this.epochs.size <= KEPT_EPOCHS) return;
    for (const [epoch] of this.entries().slice(KEPT_EPOCHS)) this.epochs.delete(epoch);
  }
}

/** Sums of groups by epoch, newest first. */
export function byEpoch(groups: readonly Group[]): [epoch: number, Counts][] {
  const sums = new Map<number, Counts>();
  for (const group of groups) {
    for (const [epoch, counts] of group.entries()) {
      const sum = sums.get(epoch);
      if (sum) addAll(sum, counts);
      else sums.set(epoch, new Map(counts));
    }
  }
  return [...sums].sort(([a], [b]) => b - a);
}

/** What came before a change counts as so many sessions. */
const SESSIONS_BEFORE_CHANGE = 8;

/**
 * Sums of groups, each epoch weighted by how many sessions began after it. How far sessions got before `changedAt` (an epoch)
 * is left a small part of its weight. Lengths of thoughts are so many that new ones prevail by themselves.
 */
export function weighted(groups: readonly Group[], changedAt = Number.NEGATIVE_INFINITY): Counts {
  const all: Counts = new Map();
  const old: Counts = new Map();
  let since = 0;
  let before = 0;
  for (const [epoch, counts] of byEpoch(groups)) {
    const weight = 0.5 ** (since / HALF_LIFE_SESSIONS);
    addAll(epoch < changedAt ? old : all, counts, weight);
    const promises = countOf(counts, KIND.sums, SUM.promises);
    since += promises;
    if (epoch < changedAt) before += weight * promises;
  }
  const share = Math.min(1, SESSIONS_BEFORE_CHANGE / Math.max(1, before));
  for (const [key, count] of old) addAll(all, new Map([[key, count]]), isOfLengths(key) ? 1 : share);
  return all;
}

/** Moves a session from one bucket to another among those that still run. */
export function move(
  counts: Counts,
  kind: typeof KIND.runningGrowth | typeof KIND.runningThoughts,
  from: number,
  to: number,
): void {
  if (from === to) return;
  add(counts, kind, from, -1);
  add(counts, kind, to);
}
