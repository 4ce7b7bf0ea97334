import { add, addAll, countOf, KIND, SUM, type Counts } from './counts';

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

/** What is left of the weight of all that came before a change. */
const BEFORE_CHANGE = 0.1;

/** More misses than chance explains (4 deviations, and 3 for small numbers): jobs have changed. */
const haveChanged = (missed: number, promises: number, eps: number): boolean =>
  missed > eps * promises + 4 * Math.sqrt(eps * promises) + 3;

/**
 * Sums of groups by epoch, newest first, each weighted by how many sessions began after it. Where promises that were made
 * since have been broken too often, what is older counts little.
 */
export function weighted(groups: readonly Group[], eps: number): Counts {
  const byEpoch = new Map<number, Counts>();
  for (const group of groups) {
    for (const [epoch, counts] of group.entries()) {
      const sum = byEpoch.get(epoch);
      if (sum) addAll(sum, counts);
      else byEpoch.set(epoch, new Map(counts));
    }
  }
  const all: Counts = new Map();
  let since = 0;
  let missed = 0;
  for (const [, counts] of [...byEpoch].sort(([a], [b]) => b - a)) {
    const share = haveChanged(missed, since, eps) ? BEFORE_CHANGE : 1;
    addAll(all, counts, share * 0.5 ** (since / HALF_LIFE_SESSIONS));
    since += countOf(counts, KIND.sums, SUM.promises);
    missed += countOf(counts, KIND.sums, SUM.missed);
  }
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
