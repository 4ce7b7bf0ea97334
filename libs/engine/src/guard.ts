import { decide, type Gate, hasRoomFor } from '@gistpool/core';
import type { Occupant } from './occupant';
import type { Pools } from './pools';

/** A session that cannot stay where it is. */
export interface Leaver {
  readonly occupant: Occupant;
  /** False: a better place would do it good, but it can stay. */
  readonly isUrgent: boolean;
}

export const GATE: Gate = { z: 1.5, chance: 0.02 };

/**
 * Sees to it that every step of a lane finds the cells it needs: who of a pool's sessions goes on, who waits, who must
 * leave. With one slot per pool that is only whether the session has outgrown its slot. Costs a comparison per pool and
 * step; a pool is looked into when something has changed in it, or when its cells may have run low.
 */
export class Guard {
  /** For the ladder, which empties it between steps. */
  readonly leavers: Leaver[] = [];
  /** A session that would do better in a wider slot says so at its thoughts' ends. */
  offersPromotion = false;
  private readonly lookAt: number[];
  /** The bounds of all that sit there fit: nothing can go wrong, and nobody need stop at a thought's end. */
  private readonly isCalm: boolean[];
  private step = 0;

  constructor(
    private readonly pools: Pools,
    private readonly keptCells: number,
    private readonly isWatchful: boolean,
  ) {
    this.lookAt = new Array<number>(pools.count).fill(0);
    this.isCalm = new Array<boolean>(pools.count).fill(false);
  }

  /** Somebody came, went, or ended a thought. */
  touch(pool: number): void {
    this.lookAt[pool] = 0;
  }

  look(seats: readonly (Occupant | undefined)[]): void {
    this.step++;
    for (let pool = 0; pool < this.lookAt.length; pool++) {
      if (this.step >= (this.lookAt[pool] ?? 0)) this.lookInto(pool, seats);
    }
  }

  /** At a thought's end, where a session holds least: it goes on if there is room for another thought. */
  thoughtEnded(occupant: Occupant, slot: number): void {
    const pool = this.pools.of(slot);
    if (this.isCalm[pool] === true) return;
    occupant.lookAhead();
    if (this.pools.areShared) this.hold(occupant);
    else if (this.offersPromotion && occupant.predictedCells > this.pools.jobCells)
      this.leavers.push({ occupant, isUrgent: false });
    this.touch(pool);
  }

  hasRoomFor(occupant: Occupant, pool: number, seats: readonly (Occupant | undefined)[]): boolean {
    const members = this.membersOf(pool, seats);
    return hasRoomFor(occupant.gateView(), members, this.pools.jobCells, this.keptCells, GATE);
  }

  /** The engine had no cell for it, whatever the count says. */
  outOfCells(occupant: Occupant, slot: number): void {
    this.mustLeave(occupant);
    this.touch(this.pools.of(slot));
  }

  private lookInto(pool: number, seats: readonly (Occupant | undefined)[]): void {
    const members = this.membersOf(pool, seats);
    if (!this.isWatchful) for (const { occupant } of members) occupant.isHeld = false;
    if (members.length === 0 || !this.isWatchful) {
      this.isCalm[pool] = true;
      this.lookAt[pool] = Infinity;
      return;
    }
    const { running, leaver, lookAgainInSteps } = decide(
      members,
      this.pools.jobCells,
      this.keptCells,
      GATE,
      this.step,
    );
    this.isCalm[pool] = lookAgainInSteps === Infinity;
    this.lookAt[pool] = this.step + Math.max(1, lookAgainInSteps);
    for (const member of members) {
      if (running.includes(member)) member.occupant.isHeld = false;
      else this.hold(member.occupant);
    }
    if (leaver !== undefined) this.mustLeave(leaver.occupant);
  }

  private mustLeave(occupant: Occupant): void {
    this.hold(occupant);
    this.leavers.push({ occupant, isUrgent: true });
  }

  private hold(occupant: Occupant): void {
    if (!occupant.isHeld) occupant.heldAtStep = this.step;
    occupant.isHeld = true;
  }

  private membersOf(pool: number, seats: readonly (Occupant | undefined)[]): GateView[] {
    const members: GateView[] = [];
    const first = this.pools.firstSlot(pool);
    for (let slot = first; slot < first + this.pools.slotsEach; slot++) {
      const seat = seats[slot];
      if (seat !== undefined) members.push(seat.gateView());
    }
    return members;
  }
}

export type GateView = ReturnType<Occupant['gateView']>;
