import { coverageOf, type Coverage } from './calibration';
import { countOf, dense, KIND, SUM } from './counts';
import { groupName, type GroupName } from './features';
import { weighted } from './group';
import type { Predictor } from './predictor';

/** A group by its own sessions alone, without what it borrows; recent ones count more. */
export interface GroupFigures extends GroupName {
  readonly endedSessions: number;
  readonly coverage: Coverage;
  /** Cells that ended sessions held at their peaks, by those promised: 1 = none set aside in vain. Undefined: none has ended. */
  readonly sharpness: number | undefined;
}

/** All groups of which a session was seen, in one order. */
export function groupFigures(predictor: Predictor): GroupFigures[] {
  const groups = [...predictor.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  return groups.map(([path, group]) => {
    const counts = weighted([group]);
    const promisedCells = countOf(counts, KIND.sums, SUM.promisedCells);
    const peakCells = countOf(counts, KIND.sums, SUM.peakCells);
    return {
      ...groupName(path),
      endedSessions: dense(counts, KIND.endedGrowth).reduce((sum, one) => sum + one, 0),
      coverage: coverageOf(counts, predictor.options.eps),
      sharpness: promisedCells > 0 ? peakCells / promisedCells : undefined,
    };
  });
}
