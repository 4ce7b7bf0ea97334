import type { Demand } from '../packing/lane-plan';
import { boundOf, type JobFeatures } from './features';
import type { Predictor } from './predictor';
import { quantile } from './survival';

const SHARES: readonly number[] = [0.5, 0.75, 0.9, 0.95];

/**
 * What sessions of such jobs hold, averaged over their lives: what lanes are planned by. Until enough is known every session
 * counts with its upper bound.
 */
export function demandOf(predictor: Predictor, features: JobFeatures): Demand {
  const bound = boundOf(features);
  const { distributions, profile, coverage } = predictor.known(features);
  const growth = quantile(distributions.growth, predictor.options.eps / 10) * coverage.factor;
  const likely = quantile(distributions.growth, predictor.options.eps);
  if (!Number.isFinite(likely)) {
    return { meanCells: bound, deviationCells: 0, widestCells: bound, peaks: [] };
  }
  let weight = 0;
  let sum = 0;
  let squares = 0;
  for (let k = 0; k < features.limits.maxThoughts; k += 1) {
    const alive = profile.aliveAfter(k);
    // Beyond what was seen nobody is taken to end: right for a promise, wrong for an average.
    if (alive < predictor.options.eps / 2) break;
    const floor = features.promptTokens + k * profile.kept;
    weight += alive;
    sum += alive * (floor + profile.metCells);
    squares += alive * (floor * floor + 2 * floor * profile.metCells + profile.metSquare);
  }
  const meanCells = sum / weight;
  return {
    meanCells,
    deviationCells: Math.sqrt(Math.max(0, squares / weight - meanCells * meanCells)),
    widestCells: Math.min(bound, features.promptTokens + growth),
    peaks: SHARES.map((share) => ({
      share,
      cells: Math.min(bound, features.promptTokens + quantile(distributions.growth, 1 - share)),
    })),
  };
}
