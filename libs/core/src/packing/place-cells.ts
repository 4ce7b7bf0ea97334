import { heldOnAverage } from '../prediction/demand';
import type { JobFeatures } from '../prediction/features';
import type { Predictor } from '../prediction/predictor';
import { PACKING_Z } from './odds';

/** A job as cards are counted for it. */
export interface PlaceAsked {
  readonly features: JobFeatures;
  /** Whatever happens it holds no more. */
  readonly boundCells: number;
  /** The most it has held so far. */
  readonly peakCells: number;
}

export interface PlaceRules {
  readonly admission: 'predicted' | 'bound';
  /** Of one pool, where sessions share pools; left out: slots of their own. */
  readonly sharedCells?: number;
}

/**
 * What of a card a job takes, as the scheduler reckons: its bound; its predicted peak in a slot of its own; in a pool of so
 * many shared cells its mean over time and its part of the deviations of all that fit there.
 */
export function placeCells(
  predictor: Predictor,
  { features, boundCells, peakCells }: PlaceAsked,
  { admission, sharedCells }: PlaceRules,
): number {
  if (admission === 'bound') return Math.max(boundCells, peakCells);
  const peak = Math.max(Math.min(boundCells, predictor.predictedPeakCells(features)), peakCells);
  if (sharedCells === undefined) return peak;
  const { meanCells, deviationCells } = heldOnAverage(predictor, features);
  const together = Math.max(1, sharedCells / meanCells);
  return Math.min(peak, meanCells + (PACKING_Z * deviationCells) / Math.sqrt(together));
}
