import type { PoolMember } from './pool';

/** Steps ahead at which the thoughts in progress are looked at. */
const STEPS: readonly number[] = [16, 48, 112, 240, 496];

/**
 * When a thought may begin. At a thought's end a session holds its floor only; if the thoughts in progress leave no room
 * for a new one it waits there for a few steps, holding little and disturbing nobody.
 */
export interface Gate {
  /** Deviations of the sum that must still fit. */
  readonly z: number;
  /** Chance that a thought outgrows the cells kept for its end. */
  readonly chance: number;
}

/**
 * The most cells that a pool will hold before the thoughts in progress have ended, but for the chance that `z` stands for.
 * `floors` are the cells of all sessions that do not think; what ends leaves its floor and `keptCells`.
 */
export function thoughtsPeakCells(
  floors: number,
  thinking: readonly PoolMember[],
  keptCells: number,
  gate: Gate,
): number {
  let peak = 0;
  for (const steps of STEPS) {
    let mean = floors;
    let variance = 0;
    for (const { standing, forecast } of thinking) {
      const reach = standing.thoughtCells + steps;
      const goesOn = forecast.stillThinking(standing, reach);
      const step = reach - keptCells;
      mean += standing.floorCells + keptCells + goesOn * step;
      variance += goesOn * (1 - goesOn) * step * step;
    }
    peak = Math.max(peak, mean + gate.z * Math.sqrt(variance));
  }
  return peak;
}

/**
 * The session that can finish its thought in the fewest cells, and how many: as long as so many are free it can always be
 * brought to its end while the others wait, and then its thought's cells are free (the banker's rule, with Dijkstra).
 */
export function nearestToItsEnd<M extends PoolMember>(
  running: readonly M[],
  gate: Gate,
): { readonly member: M; readonly cells: number } | undefined {
  let best: { member: M; cells: number } | undefined;
  for (const member of running) {
    const left = member.forecast.thoughtQuantile(member.standing, gate.chance) - member.standing.thoughtCells;
    const cells = Math.max(1, left);
    if (!best || cells < best.cells) best = { member, cells };
  }
  return best;
}

/**
 * Cells that newcomers must leave free at once: so many that one thought can always be brought to its end, and all that are
 * in progress, too, but for the chance that the gate lets pass.
 */
export function spareCells<M extends PoolMember>(
  members: readonly M[],
  running: readonly M[],
  liveCells: number,
  keptCells: number,
  gate: Gate,
): number {
  let floors = liveCells;
  for (const { standing } of running) floors -= standing.floorCells + standing.thoughtCells;
  const nearest = nearestToItsEnd(members, gate)?.cells ?? 0;
  return Math.max(nearest, thoughtsPeakCells(floors, running, keptCells, gate) - liveCells);
}
