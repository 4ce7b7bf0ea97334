import type { Lane } from './lane';
import type { Occupant } from './occupant';
import type { ParkFolder } from './park-folder';
import type { SessionReport } from './types';

/** A session out of its slot: with its cells in a file, or to be fed again from its token ids. */
interface Parked {
  readonly occupant: Occupant;
  readonly parkedAtMs: number;
}

export interface Place {
  readonly lane: Lane;
  readonly place: number;
}

export interface LadderParts {
  readonly lanes: readonly Lane[];
  readonly park: ParkFolder;
  /** The number under which the fleet knows a place. */
  readonly numberOf: (place: Place) => number;
  readonly kvBytesPerCell: number;
}

/** One that waits longer than that for room on this card is better off on another. */
const LONGEST_PARK_MS = 60_000;
/** Parked ones are thought of every so many steps. */
const LOOK_EVERY_STEPS = 8;

/**
 * What happens to a session that cannot stay where it is, in this order: it moves to free cells of this card; it is
 * parked, with its cells in a file, until there is room; it is handed back with its checkpoint. It never fails, and
 * nobody else is touched. Works only between steps.
 */
export class Ladder {
  private readonly parked = new Set<Parked>();
  private steps = 0;

  constructor(private readonly parts: LadderParts) {
    const { lanes } = parts;
    for (const lane of lanes) {
      const isWiderElsewhere = lanes.some((other) => other.slotCells > lane.slotCells);
      lane.guard.offersPromotion = lane.areCellsShared
        ? parts.lanes.length + lane.places > 2
        : isWiderElsewhere;
    }
  }

  get size(): number {
    return this.parked.size;
  }

  find(jobId: string): Occupant | undefined {
    for (const { occupant } of this.parked) if (occupant.jobId === jobId) return occupant;
    return undefined;
  }

  /** Before a step: who is parked comes back, if there is room. */
  async comeBack(reports: SessionReport[]): Promise<void> {
    const isIdle = this.parts.lanes.every((lane) => lane.sessions === 0);
    if (this.steps++ % LOOK_EVERY_STEPS !== 0 && !isIdle && !this.hasCancelled()) return;
    for (const parked of this.parked) {
      const { occupant, parkedAtMs } = parked;
      if (occupant.isCancelled) {
        occupant.cancel(reports);
        await this.forget(parked);
        continue;
      }
      const target = this.placeFor(occupant);
      if (target !== undefined) {
        this.parked.delete(parked);
        await this.seatFromFile(occupant, target);
        reports.push({ ...this.movedTo(target, occupant) });
      } else if (isIdle || Date.now() - parkedAtMs > LONGEST_PARK_MS) {
        await this.handBack(occupant, reports);
        await this.forget(parked);
      }
    }
  }

  /** After a step: those the guard found that cannot stay, or would do better elsewhere. */
  async relieve(lane: Lane, reports: SessionReport[]): Promise<void> {
    for (const { occupant, isUrgent } of lane.guard.leavers.splice(0)) {
      const from = lane.placeOf(occupant);
      // It ended, or left, in the meantime.
      if (from === undefined || occupant.isDone || occupant.isCancelled) continue;
      const target = this.placeFor(occupant, { lane, place: from }, isUrgent);
      if (target !== undefined) {
        await this.move(occupant, lane, target);
        reports.push(this.movedTo(target, occupant));
      } else if (isUrgent && !(await this.tryToPark(occupant, lane, reports))) {
        await lane.takeOut(occupant);
        await this.handBack(occupant, reports);
        occupant.dispose();
      }
    }
  }

  async move(occupant: Occupant, from: Lane, { lane, place }: Place): Promise<void> {
    const path = this.parts.park.pathOf(`${occupant.jobId}.move`);
    if (from.context.pools !== lane.context.pools) {
      await from.takeOut(occupant);
      occupant.replay();
      lane.seat(occupant, place);
      return;
    }
    await from.takeOut(occupant, path);
    await this.seatWithCells(occupant, { lane, place }, path);
    await this.parts.park.discard(path);
  }

  /** False: the quota is used up, or no place of this card will ever be wide enough. */
  async tryToPark(occupant: Occupant, lane: Lane, reports: SessionReport[]): Promise<boolean> {
    const { lanes, park } = this.parts;
    const isPlaceWideEnough = lanes.some(({ slotCells }) => slotCells >= occupant.neededCells);
    if (!isPlaceWideEnough || !(await this.save(occupant, lane))) return false;
    await lane.takeOut(occupant);
    this.parked.add({ occupant, parkedAtMs: Date.now() });
    const bytes = park.find(occupant.jobId)?.bytes ?? 0;
    const checkpoint = occupant.checkpoint();
    reports.push({ jobId: occupant.jobId, kind: 'parked', bytes, cells: occupant.cells, checkpoint });
    return true;
  }

  /** Writes a session's cells, under the quota, so that it can go on from them here or in another process. */
  async save(occupant: Occupant, lane: Lane): Promise<boolean> {
    const { park, kvBytesPerCell } = this.parts;
    if (occupant.cells === 0) return true;
    if (!(await park.makesRoomFor(occupant.cells * (kvBytesPerCell + CELL_HEAD_BYTES) + FILE_HEAD_BYTES)))
      return false;
    await lane.save(occupant, park.pathOf(occupant.jobId));
    await park.keep(occupant.savedAs(lane.context.pools));
    return true;
  }

  /** Takes a parked session off this card; its file stays for whoever goes on with it here. */
  takeAway(jobId: string): Occupant | undefined {
    for (const parked of this.parked) {
      if (parked.occupant.jobId !== jobId) continue;
      this.parked.delete(parked);
      return parked.occupant;
    }
    return undefined;
  }

  dispose(): void {
    for (const { occupant } of this.parked) occupant.dispose();
    this.parked.clear();
  }

  private async seatFromFile(occupant: Occupant, target: Place): Promise<void> {
    const { park } = this.parts;
    const saved = park.find(occupant.jobId);
    if (saved?.pools === target.lane.context.pools) {
      await this.seatWithCells(occupant, target, saved.path);
    } else {
      occupant.replay();
      target.lane.seat(occupant, target.place);
    }
    await park.drop(occupant.jobId);
  }

  private async seatWithCells(occupant: Occupant, { lane, place }: Place, path: string): Promise<void> {
    try {
      await lane.seatWithCells(occupant, place, path);
    } catch {
      // Its token ids are all that is needed.
      occupant.replay();
      lane.seat(occupant, place);
    }
  }

  /** Where a session can go on at once: the narrowest slot or emptiest pool for what it is likely to need; in need, any wider one. */
  private placeFor(occupant: Occupant, from?: Place, isUrgent = true): Place | undefined {
    const needs = occupant.predictedCells;
    let best: (Place & { readonly rank: number }) | undefined;
    for (const lane of this.parts.lanes) {
      if (from !== undefined && !lane.areCellsShared && lane.slotCells <= from.lane.slotCells) continue;
      const fits = lane.slotCells >= needs;
      if (!fits && !isUrgent) continue;
      for (let place = 0; place < lane.places; place++) {
        if (lane === from?.lane && place === from.place) continue;
        if (!lane.hasRoomFor(occupant, place)) continue;
        const rank = (fits ? 0 : Number.MAX_SAFE_INTEGER / 2) + rankOf(lane, place, fits);
        if (best === undefined || rank < best.rank) best = { lane, place, rank };
      }
    }
    return best;
  }

  private movedTo(target: Place, occupant: Occupant): SessionReport {
    const lane = this.parts.numberOf(target);
    const reservedCells = Math.min(target.lane.slotCells, occupant.predictedCells);
    return { jobId: occupant.jobId, kind: 'moved', lane, reservedCells };
  }

  private async handBack(occupant: Occupant, reports: SessionReport[]): Promise<void> {
    const { jobId } = occupant;
    const peakCells = Math.max(occupant.session.peakCells, occupant.neededCells);
    reports.push({ jobId, kind: 'outgrown', checkpoint: occupant.checkpoint(), peakCells });
    await this.parts.park.drop(jobId);
  }

  private async forget(parked: Parked): Promise<void> {
    this.parked.delete(parked);
    parked.occupant.dispose();
    await this.parts.park.drop(parked.occupant.jobId);
  }

  private hasCancelled(): boolean {
    for (const { occupant } of this.parked) if (occupant.isCancelled) return true;
    return false;
  }
}

/** Per cell, and per file, on top of keys and values. */
const CELL_HEAD_BYTES = 16;
const FILE_HEAD_BYTES = 1024;

function rankOf(lane: Lane, place: number, fits: boolean): number {
  if (lane.areCellsShared) return -lane.freeCells(place);
  return fits ? lane.slotCells : -lane.slotCells;
}
