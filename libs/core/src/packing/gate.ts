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

/** The thoughts that are in progress in a pool, added up; members join as they go on. Thrown away when time has passed. */
export class ThoughtsInProgress<M extends PoolMember> {
  /** The one that can finish its thought in the fewest cells, and how many. */
  nearest: { readonly member: M; readonly cells: number } | undefined;
  private readonly mean = new Float64Array(STEPS.length);
  private readonly variance = new Float64Array(STEPS.length);
  private liveCells = 0;

  constructor(
    members: readonly M[],
    private readonly keptCells: number,
    private readonly gate: Gate,
  ) {
    for (const member of members) this.add(member);
  }

  add(member: M): void {
    const { standing } = member;
    this.liveCells += standing.floorCells + standing.thoughtCells;
    for (let at = 0; at < STEPS.length; at += 1) {
      this.mean[at] = (this.mean[at] ?? 0) + this.meanOf(member, at);
      this.variance[at] = (this.variance[at] ?? 0) + this.varianceOf(member, at);
    }
    const cells = cellsToItsEnd(member, this.gate);
    if (!this.nearest || cells < this.nearest.cells) this.nearest = { member, cells };
  }

  /**
   * The most cells that the pool will hold before these thoughts have ended, but for the chance that the gate's `z` stands
   * for. `liveCells` are all that it holds now; what ends leaves its floor and `keptCells`. With a newcomer that would begin
   * a thought: one of those that wait, its cells among `liveCells`.
   */
  peakCells(liveCells: number, newcomer?: M): number {
    const { standing } = newcomer ?? {};
    const own = standing ? standing.floorCells + standing.thoughtCells : 0;
    const floors = liveCells - this.liveCells - own;
    let peak = 0;
    for (let at = 0; at < STEPS.length; at += 1) {
      const mean = (this.mean[at] ?? 0) + (newcomer ? this.meanOf(newcomer, at) : 0);
      const variance = (this.variance[at] ?? 0) + (newcomer ? this.varianceOf(newcomer, at) : 0);
      peak = Math.max(peak, floors + mean + this.gate.z * Math.sqrt(variance));
    }
    return peak;
  }

  private meanOf({ standing, forecast }: M, at: number): number {
    const reach = standing.thoughtCells + (STEPS[at] ?? 0);
    const goesOn = forecast.stillThinking(standing, reach);
    return standing.floorCells + this.keptCells + goesOn * (reach - this.keptCells);
  }

  private varianceOf({ standing, forecast }: M, at: number): number {
    const reach = standing.thoughtCells + (STEPS[at] ?? 0);
    const goesOn = forecast.stillThinking(standing, reach);
    return goesOn * (1 - goesOn) * (reach - this.keptCells) ** 2;
  }
}

/** As ThoughtsInProgress has it; `floors` are the cells of all sessions that do not think. */
export function thoughtsPeakCells(
  floors: number,
  thinking: readonly PoolMember[],
  keptCells: number,
  gate: Gate,
): number {
  let liveCells = floors;
  for (const { standing } of thinking) liveCells += standing.floorCells + standing.thoughtCells;
  return new ThoughtsInProgress(thinking, keptCells, gate).peakCells(liveCells);
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
    const cells = cellsToItsEnd(member, gate);
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
  return spareBeside(new ThoughtsInProgress(running, keptCells, gate), members, liveCells, gate);
}

/** The same where the thoughts are added up already. */
export function spareBeside<M extends PoolMember>(
  thoughts: ThoughtsInProgress<M>,
  members: readonly M[],
  liveCells: number,
  gate: Gate,
): number {
  const nearest = nearestToItsEnd(members, gate)?.cells ?? 0;
  return Math.max(nearest, thoughts.peakCells(liveCells) - liveCells);
}

const cellsToItsEnd = ({ forecast, standing }: PoolMember, gate: Gate): number =>
  Math.max(1, forecast.thoughtQuantile(standing, gate.chance) - standing.thoughtCells);
