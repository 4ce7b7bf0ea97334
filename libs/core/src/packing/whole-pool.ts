import { HORIZONS, type Forecast } from '../prediction/horizon';

/** More than any pool has. */
const ALL_CELLS = 2 ** 40;

/** Foreseen of a session that is to have its pool to itself: beside it nobody is let in, and it is let in beside nobody. */
export const WHOLE_POOL: Forecast = {
  addTo: (outlook) => {
    for (let at = 0; at < HORIZONS; at += 1) outlook.put(at, ALL_CELLS, 0);
  },
  stillThinking: () => 1,
  thoughtQuantile: (standing) => standing.thoughtCells,
};
