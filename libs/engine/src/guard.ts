import { decide, type Gate, hasRoomFor } from '@gistpool/core';
import type { Occupant } from './occupant';
import type { Pools } from './pools';

/** A session that cannot stay where it is. */
export interface Leaver {
  readonly occupant: Occupant;
  /** False: a better place would do it good, but it can stay. */
  readonly isUrgent: boolean;
}

/** What a decode was to put into a slot. */
interface Fed {
  readonly slot: number;
  readonly tokens: { readonly length: number };
}

export const GATE: Gate = { z: 1.5, chance: 0.02 };

/**
 * Sees to it that every step of a lane finds the cells it needs: who of a pool's sessions goes on, who waits, who must
 * leave. With one slot per pool that is only whether the session has outgrown its slot. Costs a comparison per pool and
 * step; a pool is looked into when something has changed in it, or when its cells may have run low.
 */
export class Guard {
  /** A session that would do better in a wider slot says so at its thoughts' ends. */
  offersPromotion = false;
  private readonly leavers: Leaver[] = [];
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

  /** For the ladder, between steps. */
  takeLeavers(): readonly Leaver[] {
    return this.leavers.splice(0);
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
    else if (this.offersPromotion && occupant.outgrows(this.pools.jobCells))
      this.leavers.push({ occupant, isUrgent: false });
    this.touch(pool);
  }

  hasRoomFor(occupant: Occupant, pool: number, seats: readonly (Occupant | undefined)[]): boolean {
    const members = this.membersOf(pool, seats);
    return hasRoomFor(occupant.gateView(), members, this.pools.jobCells, this.keptCells, GATE);
  }

  /**
   * The engine found no cell for some slot and left the cache as it was. Looking ahead rules this out; if it happens all
   * the same, of the pool that would hold most the largest session must leave, and nobody else notices.
   */
  outOfCells(seats: readonly (Occupant | undefined)[], fed: readonly Fed[]): void {
    const wanted = new Array<number>(this.pools.count).fill(0);
    for (const { slot, tokens } of fed) {
      const pool = this.pools.of(slot);
      if (wanted[pool] === 0)
        for (const { liveCells } of this.membersOf(pool, seats))
          wanted[pool] = (wanted[pool] ?? 0) + liveCells;
      wanted[pool] = (wanted[pool] ?? 0) + tokens.length;
    }
    const fullest = wanted.indexOf(Math.max(...wanted));
    const [largest] = this.pools
      .seatsOf(seats, fullest)
      .flatMap((seat) => seat ?? [])
      .sort((a, b) => b.cells - a.cells);
    if (largest === undefined) throw new Error('the engine found no cell for nobody');
    this.mustLeave(largest);
    this.touch(fullest);
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
    return this.pools.seatsOf(seats, pool).flatMap((seat) => seat?.gateView() ?? []);
  }
}

export type GateView = ReturnType<Occupant['gateView']>;
