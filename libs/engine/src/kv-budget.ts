import { megabytes, roundUpTo256 } from './numbers';

const MIB = 1024 * 1024;
const CPU_BUDGET_BYTES = 64 * MIB;
/** Left to the driver and to whatever else the card shows. */
const GPU_RESERVE_BYTES = 512 * MIB;
const MOST_SLOTS = 32;
/** The engine's own limit of sequences in one context. */
export const MOST_SLOTS_PER_LANE = 256;

export interface LaneShape {
  readonly slots: number;
  readonly cells: number;
}

/** What may be used for KV when nothing else is said. `freeBytes` is measured with the weights loaded. */
export function defaultBudgetBytes(freeBytes: number | undefined, computeBytes: number): number {
  if (freeBytes === undefined) return CPU_BUDGET_BYTES;
  return Math.max(0, freeBytes - computeBytes - GPU_RESERVE_BYTES);
}

/** Logits of a full batch are the largest part of the compute buffer; attention and activations are about as much again. */
export function computeBytesEstimate(batchTokens: number, vocabulary: number, width: number): number {
  return batchTokens * (vocabulary + 16 * width) * 4;
}

export const laneBytes = (lane: LaneShape, bytesPerCell: number): number =>
  lane.slots * roundUpTo256(lane.cells) * bytesPerCell;

/**
 * One lane of slots wide enough for `peakCells`, as many as the budget holds. Where `poolSessions` share a slot's cells,
 * as many pools of so many peaks, or a single pool that takes all of the budget. Undefined: not even one job fits.
 */
export function defaultLane(
  peakCells: number,
  budgetBytes: number,
  bytesPerCell: number,
  poolSessions = 1,
): LaneShape | undefined {
  // Besides its jobs, a shared pool holds a cell for each slot that has none.
  const cells = roundUpTo256(peakCells * poolSessions + poolSessions - 1);
  const most = Math.max(1, Math.floor(MOST_SLOTS / poolSessions));
  const slots = Math.min(most, Math.floor(budgetBytes / (cells * bytesPerCell)));
  if (slots >= 1) return { slots, cells };
  const all = Math.floor(budgetBytes / bytesPerCell / 256) * 256;
  return poolSessions > 1 && all >= peakCells + poolSessions - 1 ? { slots: 1, cells: all } : undefined;
}

/** Why these lanes cannot be made; undefined when they can. */
export function refuseLanes(
  lanes: readonly LaneShape[],
  budgetBytes: number,
  bytesPerCell: number,
  poolSessions = 1,
): string | undefined {
  if (lanes.length === 0) return 'no lane is configured';
  for (const { slots, cells } of lanes) {
    if (!Number.isInteger(slots) || slots < 1 || slots * poolSessions > MOST_SLOTS_PER_LANE) {
      const shared = poolSessions === 1 ? '' : ` for ${String(poolSessions)} sessions each`;
      return `a lane has ${String(slots)} slots${shared}; it must have 1 to ${String(MOST_SLOTS_PER_LANE)} in all`;
    }
    if (!Number.isInteger(cells) || cells < 1)
      return `a lane has ${String(cells)} cells per slot; it must have at least 1`;
  }
  const bytes = lanes.reduce((sum, lane) => sum + laneBytes(lane, bytesPerCell), 0);
  if (bytes <= budgetBytes) return undefined;
  const shapes = lanes
    .map((lane) => `${String(lane.slots)} x ${String(roundUpTo256(lane.cells))} cells`)
    .join(', ');
  return (
    `the lanes (${shapes}) need ${megabytes(bytes)} of KV cache; the budget is ${megabytes(budgetBytes)}. ` +
    'Take fewer slots or cells, or raise the budget'
  );
}
