/** One look at the pool. */
export interface Sample {
  readonly atMs: number;
  readonly tokensPerSecond: number;
  readonly waiting: number;
  readonly running: number;
  /** Jobs that ended, since the pool began as far as it is remembered. */
  readonly ended: number;
}

const KEPT_MS = 15 * 60_000;

/** Oldest first; samples of the same moment count once. */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const last = samples.at(-1);
  if (last !== undefined && sample.atMs <= last.atMs) return samples;
  const from = samples.findIndex((one) => one.atMs > sample.atMs - KEPT_MS);
  return [...(from < 0 ? [] : samples.slice(from)), sample];
}

/** Jobs that ended per second, over the samples of the last `windowMs` before each. The first has none. */
export function endedPerSecond(samples: readonly Sample[], windowMs: number): (number | null)[] {
  let from = 0;
  return samples.map((sample, at) => {
    while (from < at && (samples[from + 1]?.atMs ?? Infinity) <= sample.atMs - windowMs) from += 1;
    const first = samples[from];
    if (first === undefined || from === at) return null;
    // The oldest jobs are forgotten beyond a number per state: the count may fall, but nothing ends backwards.
    return Math.max(0, ((sample.ended - first.ended) * 1000) / (sample.atMs - first.atMs));
  });
}
