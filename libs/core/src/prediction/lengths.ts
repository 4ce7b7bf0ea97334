import { BUCKETS, upperEdge } from './buckets';

/** Shares by bucket; they add up to 1. */
export type Shares = Float64Array;

/** Everything at one bucket: what is assumed where nothing was seen. */
export function atBucket(bucket: number): Shares {
  const shares = new Float64Array(BUCKETS);
  shares[bucket] = 1;
  return shares;
}

/** Counts by bucket with the parent's shares as `strength` further ones. */
export function sharesOf(counts: Float64Array, parent: Shares, strength: number): Shares {
  const shares = new Float64Array(BUCKETS);
  let total = strength;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) total += Math.max(0, counts[bucket] ?? 0);
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    shares[bucket] = (Math.max(0, counts[bucket] ?? 0) + strength * (parent[bucket] ?? 0)) / total;
  }
  return shares;
}

/** Mean of the values' `power`-th power; a bucket stands for the middle of its values. */
export function moment(shares: Shares, power: number): number {
  let sum = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    const share = shares[bucket] ?? 0;
    if (share > 0) sum += share * middle(bucket) ** power;
  }
  return sum;
}

export const middle = (bucket: number): number =>
  bucket === 0 ? 0 : (upperEdge(bucket) + upperEdge(bucket - 1) + 1) / 2;

/** The least upper edge that at most `eps` of the values exceed. */
export function quantileOfShares(shares: Shares, eps: number): number {
  let beyond = 1;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    beyond -= shares[bucket] ?? 0;
    if (beyond <= eps) return upperEdge(bucket);
  }
  return Number.POSITIVE_INFINITY;
}
