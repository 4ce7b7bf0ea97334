import type { CellCount } from './cell-count';
import type { Guard } from './guard';
import type { Pools } from './pools';
import type { Totals } from './totals';

export interface LaneOptions {
  /** Number of the lane; where slots share pools, of the lane's first pool. */
  readonly lane: number;
  readonly cellsRequested: number;
  /** Prompt tokens fed between two decodes. */
  readonly prefillChunk: number;
  /** Left out where the cells of a context cannot be counted. */
  readonly count?: CellCount;
  readonly kvBytesPerCell: number;
  /** With more fillers than so many per token a pass costs more than another pass does. */
  readonly mostFillersPerToken: number;
  readonly guard: (pools: Pools) => Guard;
  readonly totals: Totals;
}
