import { countOf, KIND, SUM, type Counts } from './counts';

/** How strongly one miss widens what is predicted next: the logarithm of the factor. */
const STEP = 0.04;
const WIDEST_FACTOR = 4;

export interface Coverage {
  /** Sessions that were given a prediction, and those whose peak went beyond it; recent ones count more. */
  readonly promises: number;
  readonly missed: number;
  /** What every prediction is multiplied by at present, so that misses stay at eps. */
  readonly factor: number;
}

/**
 * Adaptive conformal calibration by quantile tracking (Gibbs and Candes 2021; Angelopoulos, Candes and Tibshirani 2023):
 * after each session q += STEP * (missed - eps). The sum of these steps needs two counters only, which add up between
 * schedulers. A prediction is never multiplied by less than 1: the quantile itself comes down as data come in.
 */
export function coverageOf(counts: Counts, eps: number): Coverage {
  const promises = countOf(counts, KIND.sums, SUM.promises);
  const missed = countOf(counts, KIND.sums, SUM.missed);
  const factor = Math.exp(STEP * (missed - eps * promises));
  return { promises, missed, factor: Math.min(WIDEST_FACTOR, Math.max(1, factor)) };
}
