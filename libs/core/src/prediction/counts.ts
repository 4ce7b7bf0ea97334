import { BUCKETS } from './buckets';

/** What is counted. The numbers are part of the stored state: add, never renumber. */
export const KIND = {
  /** Sessions by the peak beyond their prompt so far: still running, and ended. */
  runningGrowth: 0,
  endedGrowth: 1,
  /** Sessions by the thoughts they have finished: still running, and ended. */
  runningThoughts: 2,
  endedThoughts: 3,
  /** Thoughts by their length in sampled tokens, splitter included. */
  thoughtTokens: 4,
  /** Sessions by the tokens after their last thought. */
  tailTokens: 5,
  /** Single sums; the bucket says which. */
  sums: 6,
} as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

/** `promisedCells` and `peakCells`: of sessions that have ended. */
export const SUM = {
  promises: 0,
  missed: 1,
  runMs: 2,
  runTokens: 3,
  promisedCells: 4,
  peakCells: 5,
} as const;

/** Counters by kind and bucket. Adding is all that happens to them, so merging is commutative and associative. */
export type Counts = Map<number, number>;
export type ReadonlyCounts = ReadonlyMap<number, number>;

const keyOf = (kind: Kind, bucket: number): number => kind * BUCKETS + bucket;

export function add(counts: Counts, kind: Kind, bucket: number, by = 1): void {
  const key = keyOf(kind, bucket);
  const sum = (counts.get(key) ?? 0) + by;
  if (sum === 0) counts.delete(key);
  else counts.set(key, sum);
}

export const countOf = (counts: ReadonlyCounts, kind: Kind, bucket: number): number =>
  counts.get(keyOf(kind, bucket)) ?? 0;

/** Whether the counter is one of lengths, of thoughts or of tails. */
export const isOfLengths = (key: number): boolean => {
  const kind = Math.floor(key / BUCKETS);
  return kind === KIND.thoughtTokens || kind === KIND.tailTokens;
};

/** Adds `weight` times all of `from`. */
export function addAll(to: Counts, from: ReadonlyCounts, weight = 1): void {
  for (const [key, count] of from) {
    const sum = (to.get(key) ?? 0) + weight * count;
    if (sum === 0) to.delete(key);
    else to.set(key, sum);
  }
}

/** All counters of one kind, by bucket. */
export function dense(counts: ReadonlyCounts, kind: Kind): Float64Array {
  const values = new Float64Array(BUCKETS);
  const first = kind * BUCKETS;
  for (const [key, count] of counts) {
    if (key >= first && key < first + BUCKETS) values[key - first] = count;
  }
  return values;
}

/** Of all buckets of one kind. */
export function total(counts: ReadonlyCounts, kind: Kind): number {
  const first = kind * BUCKETS;
  let sum = 0;
  for (const [key, count] of counts) if (key >= first && key < first + BUCKETS) sum += count;
  return sum;
}
