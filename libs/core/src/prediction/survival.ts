import { BUCKETS, upperEdge } from './buckets';

/**
 * How far sessions get, as the share that gets beyond each bucket. Sessions that still run are counted as such ("at least
 * so far"), after Kaplan and Meier (1958): without them the short ones, which end first, would pass for all.
 */
export interface Survival {
  /** Share that gets beyond bucket b. */
  readonly beyond: Float64Array;
  /** Of those that reach bucket b: the share that ends there. */
  readonly hazard: Float64Array;
}

/** Nothing is known: nobody ends before the bound. */
export const IMMORTAL: Survival = {
  beyond: new Float64Array(BUCKETS).fill(1),
  hazard: new Float64Array(BUCKETS),
};

/** Thoughts that are taken to be had by everybody. */
const FIRST_THOUGHTS = 8;

/**
 * Nothing is known, and an average is wanted, not a promise: whoever has come so far is as likely as not to come as far
 * again (Lindy's rule, the scale-free guess). With IMMORTAL in its place nobody would ever end beyond what was seen, and a
 * pool whose jobs have got longer would stand empty until the first of them end.
 */
export const LINDY: Survival = lindy();

function lindy(): Survival {
  const beyond = Float64Array.from({ length: BUCKETS }, (_, bucket) =>
    Math.min(1, FIRST_THOUGHTS / Math.max(1, upperEdge(bucket))),
  );
  const hazard = beyond.map((share, bucket) => 1 - share / (bucket === 0 ? 1 : (beyond[bucket - 1] ?? 1)));
  return { beyond, hazard };
}

/**
 * `running` and `ended` count sessions by bucket. The parent counts as `strength` further sessions. With IMMORTAL as parent
 * and a strength of 1 the share beyond the largest of n ended values is 1 / (n + 1): the rank rule of conformal prediction,
 * so that a quantile at level 1 - eps is a finite one only from n = 1 / eps - 1 on.
 */
export function survivalOf(
  running: Float64Array,
  ended: Float64Array,
  parent: Survival,
  strength: number,
): Survival {
  const hazard = new Float64Array(BUCKETS);
  const beyond = new Float64Array(BUCKETS);
  let passed = 0;
  for (let bucket = BUCKETS - 1; bucket >= 0; bucket -= 1) {
    const here = Math.max(0, ended[bucket] ?? 0);
    hazard[bucket] = (here + strength * (parent.hazard[bucket] ?? 0)) / (here + passed + strength);
    passed += here + Math.max(0, running[bucket] ?? 0);
  }
  let share = 1;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    share *= 1 - (hazard[bucket] ?? 0);
    beyond[bucket] = share;
  }
  return { beyond, hazard };
}

/**
 * The least value that at most `eps` of those exceed who get beyond `soFar` (a bucket; -1: all); Infinity when the data
 * cannot say so.
 */
export function quantile(survival: Survival, eps: number, soFar = -1): number {
  const reach = soFar < 0 ? 1 : (survival.beyond[soFar] ?? 1);
  for (let bucket = Math.max(0, soFar); bucket < BUCKETS; bucket += 1) {
    if ((survival.beyond[bucket] ?? 0) <= eps * reach) return upperEdge(bucket);
  }
  return Number.POSITIVE_INFINITY;
}

/** Mean of the value, the part beyond `bound` counted as the bound. */
export function meanOf(survival: Survival, bound: number): number {
  let sum = 0;
  let before = 0;
  let share = 1;
  for (let bucket = 0; bucket < BUCKETS && before < bound; bucket += 1) {
    const edge = Math.min(bound, upperEdge(bucket));
    sum += share * (edge - before);
    share = survival.beyond[bucket] ?? 0;
    before = edge;
  }
  return sum + share * Math.max(0, bound - before);
}
