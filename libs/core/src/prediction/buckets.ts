/**
 * Logarithmic buckets: all counts of the predictor are kept by them, so that its state stays small and two states merge by
 * adding. A bucket's upper edge is at most 4 % above any value in it, and stands for all of them: never below the truth.
 */
const RATIO = 1.04;
const LOG_RATIO = Math.log(RATIO);

/** Values to about 10 million. */
export const BUCKETS = 416;

const computed = (value: number): number =>
  value < 1 ? 0 : Math.min(BUCKETS - 1, 1 + Math.ceil(Math.log(value) / LOG_RATIO - 1e-9));

/** Looked up, for logarithms are what a simulated pool would spend most of its time on. */
const TABLED = Uint16Array.from({ length: 16_384 }, (_, value) => computed(value));

/** Of a count; fractions count as the whole number above. */
export const bucketOf = (value: number): number =>
  value < TABLED.length ? (TABLED[Math.max(0, Math.ceil(value))] ?? 0) : computed(value);

const EDGES = Float64Array.from({ length: BUCKETS }, (_, bucket) =>
  bucket === 0 ? 0 : Math.floor(RATIO ** (bucket - 1) + 1e-6),
);

/** The largest whole number of the bucket. */
export const upperEdge = (bucket: number): number => EDGES[bucket] ?? Number.POSITIVE_INFINITY;
