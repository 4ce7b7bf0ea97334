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

/** Deviations of the count of misses by which a promise errs on the safe side. */
const PRUDENCE = 1;

/**
 * The share that may lie beyond the quantile, so that no more than eps of the jobs to come do. A quantile that was found on n
 * sessions is itself a guess, and half of all such guesses are too low: as many sessions less than n x eps are let beyond it
 * as that number is likely to be wrong by. At least one may be, which is the rank rule of conformal prediction, and keeps
 * the promise on average from n = 1 / eps - 1 on; until then there is no quantile.
 */
export function levelFor(eps: number, sessions: number): number {
  const expected = sessions * eps;
  const prudent = expected - PRUDENCE * Math.sqrt(expected * (1 - eps));
  return Math.min(eps, Math.max(1, prudent) / (sessions + 1));
}
