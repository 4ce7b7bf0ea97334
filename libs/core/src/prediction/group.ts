import { add, addAll, countOf, isOfLengths, KIND, SUM, total, type Counts, type ReadonlyCounts } from './counts';

/** Epochs that are kept; older ones are forgotten. */
export const KEPT_EPOCHS = 32;
/** Sessions after which older ones count half: a mix that drifts is forgotten within a few hundred. */
const HALF_LIFE_SESSIONS = 600;
/** In a large fleet so many begin before the first of them end: as many as run, times this, if that is more. */
const HALF_LIFE_OF_RUNNING = 2;

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

/** Sums of groups by epoch, newest first; to be read only: what one group alone has counted is its own. */
export function byEpoch(groups: readonly Group[]): [epoch: number, ReadonlyCounts][] {
  const parts = new Map<number, Counts[]>();
  for (const group of groups) {
    for (const [epoch, counts] of group.entries()) {
      const there = parts.get(epoch);
      if (there) there.push(counts);
      else parts.set(epoch, [counts]);
    }
  }
  return [...parts].sort(([a], [b]) => b - a).map(([epoch, all]) => [epoch, sumOf(all)]);
}

function sumOf(all: readonly Counts[]): ReadonlyCounts {
  const [first = new Map<number, number>(), ...others] = all;
  if (others.length === 0) return first;
  const sum = new Map(first);
  for (const one of others) addAll(sum, one);
  return sum;
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
  const epochs = byEpoch(groups);
  let running = 0;
  for (const [, counts] of epochs) running += total(counts, KIND.runningGrowth);
  const halfLife = Math.max(HALF_LIFE_SESSIONS, HALF_LIFE_OF_RUNNING * running);
  for (const [epoch, counts] of epochs) {
    const weight = 0.5 ** (since / halfLife);
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
