import { nearestToItsEnd, thoughtsPeakCells, type Gate } from './gate';
import type { PoolMember } from './pool';

/** A session as the gate of its pool sees it. */
export interface GateSession extends PoolMember {
  /** Whatever it samples, it never holds more. */
  readonly boundCells: number;
  readonly liveCells: number;
  /** Cells that its prompt or replay will take beyond those it has. */
  readonly owedCells: number;
  /** It waits: at a thought's end, in the middle of one, or before its prompt. */
  readonly isHeld: boolean;
  readonly heldAtStep: number;
}

export interface Decision<M> {
  /** These go on; all others wait where they are. */
  readonly running: readonly M[];
  /** Must go, for not even one session has a cell left for its next token. */
  readonly leaver: M | undefined;
  /** Unless a session comes, ends or finishes a thought before. Infinity: the bounds alone say that all is well. */
  readonly lookAgainInSteps: number;
}

/** Steps for which others may go on before one that has waited longer. */
const PATIENCE_STEPS = 128;
/** Who waits is thought of again by then. */
const LOOK_AGAIN_STEPS = 64;

/**
 * Who of a pool's sessions decodes next, so that no step ever lacks a cell. Sessions take one cell each per step. As long
 * as the cells reach for the session nearest to its thought's end, the others may be stopped at any time, even inside a
 * thought: they keep what they have and nothing is lost. Only a session whose thought is longer than was foreseen can use
 * up the last cell, and then the largest other one must leave.
 */
export function decide<M extends GateSession>(
  members: readonly M[],
  cells: number,
  keptCells: number,
  gate: Gate,
  step: number,
): Decision<M> {
  let bound = 0;
  for (const member of members) bound += member.boundCells;
  if (bound <= cells)
    return { running: members, leaver: undefined, lookAgainInSteps: Number.POSITIVE_INFINITY };

  const pool = new Look(members, cells, keptCells, gate);
  const leaver = pool.relieve();
  if (leaver !== undefined) return { running: [], leaver, lookAgainInSteps: 1 };
  pool.letGoOn(step);
  return { running: pool.running, leaver: undefined, lookAgainInSteps: pool.stepsUntilTight() };
}

/** Whether a session that is not in the pool may come in and go on at once. */
export function hasRoomFor<M extends GateSession>(
  newcomer: M,
  members: readonly M[],
  cells: number,
  keptCells: number,
  gate: Gate,
): boolean {
  let bound = newcomer.boundCells;
  for (const member of members) bound += member.boundCells;
  if (bound <= cells) return true;
  if (members.some((member) => member.isHeld)) return false;
  return new Look([...members, newcomer], cells, keptCells, gate, newcomer).mayGoOn(newcomer);
}

/** One look at a pool; thrown away after it. */
class Look<M extends GateSession> {
  running: M[];
  private free: number;

  constructor(
    private readonly members: readonly M[],
    private readonly cells: number,
    private readonly keptCells: number,
    private readonly gate: Gate,
    /** Asks to come in: its cells are not in the pool yet. */
    private readonly outside?: M,
  ) {
    this.running = members.filter((member) => !member.isHeld && member !== outside);
    this.free = cells;
    for (const member of members) {
      if (member === outside) continue;
      this.free -= member.liveCells;
      if (!member.isHeld || member.liveCells > 0) this.free -= member.owedCells;
    }
  }

  /** Stops all but the one nearest to its end when the cells reach for that one only. Returns who must leave, if anybody. */
  relieve(): M | undefined {
    if (this.running.length > 1 && this.stepsUntilTight() < 1) {
      const nearest = nearestToItsEnd(this.running, this.gate)?.member;
      this.running = nearest === undefined ? [] : [nearest];
    }
    if (this.free >= 1) return undefined;
    const [last] = this.running;
    // A prompt under way has its cells set aside.
    if (last !== undefined && last.owedCells > 0) return undefined;
    return this.largestBut(last) ?? last;
  }

  letGoOn(step: number): void {
    const waiting = this.members.filter((member) => member.isHeld);
    waiting.sort((a, b) => a.heldAtStep - b.heldAtStep);
    for (const member of waiting) {
      if (this.mayGoOn(member)) this.start(member);
      else if (step - member.heldAtStep > PATIENCE_STEPS) break;
    }
    if (this.running.length > 0 || waiting.length === 0) return;
    // Nobody is sure to finish: the nearest tries, and the ladder catches it if it does not.
    const ready = waiting.filter((member) => this.takes(member) < this.free);
    const nearest = nearestToItsEnd(ready, this.gate)?.member;
    if (nearest !== undefined) this.start(nearest);
  }

  mayGoOn(member: M): boolean {
    const free = this.free - this.takes(member);
    if (free < 1) return false;
    if (this.running.length === 0) return (nearestToItsEnd([member], this.gate)?.cells ?? 0) <= free;
    const thinking = [...this.running, member];
    let floors = this.cells - free;
    for (const one of thinking) floors -= one.liveCells + one.owedCells;
    if (thoughtsPeakCells(Math.max(0, floors), thinking, this.keptCells, this.gate) > this.cells)
      return false;
    const nearest = nearestToItsEnd(thinking, this.gate)?.cells ?? 0;
    return free - nearest >= thinking.length;
  }

  stepsUntilTight(): number {
    const { running, free } = this;
    if (running.length === 0) return 1;
    const kept = running.length === 1 ? 0 : (nearestToItsEnd(running, this.gate)?.cells ?? 0);
    const steps = Math.floor((free - kept) / running.length);
    return running.length === this.members.length ? steps : Math.min(steps, LOOK_AGAIN_STEPS);
  }

  private start(member: M): void {
    this.free -= this.takes(member);
    this.running.push(member);
  }

  /** Free cells that its start takes: a prompt that has begun has its own set aside. */
  private takes(member: M): number {
    if (member === this.outside) return member.liveCells + member.owedCells;
    return member.liveCells > 0 ? 0 : member.owedCells;
  }

  private largestBut(except: M | undefined): M | undefined {
    let largest: M | undefined;
    for (const one of this.members) {
      if (one !== except && one.liveCells > 0 && one.liveCells > (largest?.liveCells ?? 0)) largest = one;
    }
    return largest;
  }
}
