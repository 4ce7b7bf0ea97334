import type { SessionCheckpoint } from '@gistpool/core';
import type { Lane } from './lane';
import type { Occupant } from './occupant';
import type { ParkFolder } from './park-folder';
import type { SessionReport } from './types';

/** A session out of its slot, with its cells in the park folder. */
interface Parked {
  readonly occupant: Occupant;
  readonly parkedAtMs: number;
}

export interface Place {
  readonly lane: Lane;
  readonly place: number;
}

export interface LadderParts {
  readonly park?: ParkFolder;
  readonly kvBytesPerCell: number;
}

/** One that waits longer than that for room on this card is better off on another. */
const LONGEST_PARK_MS = 60_000;
/** Parked ones are thought of every so many steps. */
const LOOK_EVERY_STEPS = 8;
/** In a file, on top of keys and values: per cell, and in all. */
const CELL_HEAD_BYTES = 16;
const FILE_HEAD_BYTES = 1024;

/**
 * What happens to a session that cannot stay where it is, in this order: it moves to free cells of this card; it is
 * parked, with its cells in a file, until there is room; it is handed back with its checkpoint. It never fails, and
 * nobody else is touched. Works only between steps.
 */
export class Ladder {
  /** By job, who waits longest first. */
  private readonly parked = new Map<string, Parked>();
  private steps = 0;
  private lanes: readonly Lane[] = [];

  constructor(private readonly parts: LadderParts) {}

  /** From here on these are the card's lanes. */
  use(lanes: readonly Lane[]): void {
    this.lanes = lanes;
    for (const lane of lanes) lane.guard.offersPromotion = lanes.some((other) => isWider(other, lane));
  }

  get size(): number {
    return this.parked.size;
  }

  get occupants(): readonly Occupant[] {
    return [...this.parked.values()].map(({ occupant }) => occupant);
  }

  private get isIdle(): boolean {
    return this.lanes.every((lane) => lane.sessions === 0);
  }

  find(jobId: string): Occupant | undefined {
    return this.parked.get(jobId)?.occupant;
  }

  /** Before a step: who is parked comes back, if there is room. */
  async comeBack(reports: SessionReport[]): Promise<void> {
    const hasCancelled = [...this.parked.values()].some(({ occupant }) => occupant.isCancelled);
    if (this.steps++ % LOOK_EVERY_STEPS !== 0 && !this.isIdle && !hasCancelled) return;
    await this.seatAll(reports);
  }

  /**
   * Everybody out, for other lanes: with their cells in files as far as the quota goes, those first that it would cost
   * most to replay; the others keep their token ids. Returns who went, whom `settle` is to bring back.
   */
  async clear(): Promise<readonly Occupant[]> {
    const seated = this.lanes.flatMap((lane) => lane.occupants.map((occupant) => ({ occupant, lane })));
    const widths = new Map(seated.map(({ occupant }) => [occupant, occupant.predictedCells]));
    seated.sort((a, b) => b.occupant.replayTokens - a.occupant.replayTokens);
    for (const { occupant, lane } of seated) {
      const isSaved = await this.save(occupant, lane);
      lane.takeOut(occupant);
      if (!isSaved) occupant.replay();
    }
    return [...widths.keys()].sort((a, b) => (widths.get(b) ?? 0) - (widths.get(a) ?? 0));
  }

  /** Into these lanes, widest first, before those who were parked already; whoever finds no room is parked, too. */
  async settle(
    lanes: readonly Lane[],
    cleared: readonly Occupant[],
    reports: SessionReport[],
  ): Promise<void> {
    this.use(lanes);
    const waiting = [...this.parked];
    this.parked.clear();
    for (const occupant of cleared)
      this.parked.set(occupant.jobId, { occupant, parkedAtMs: performance.now() });
    for (const [jobId, parked] of waiting) this.parked.set(jobId, parked);
    await this.seatAll(reports);
    for (const occupant of cleared) {
      const { jobId, cells } = occupant;
      if (this.parked.has(jobId))
        reports.push({ jobId, kind: 'parked', cells, checkpoint: occupant.checkpoint(), use: occupant.use });
    }
  }

  /** After a step: those the guard found that cannot stay, or would do better elsewhere. */
  async relieve(lane: Lane, reports: SessionReport[]): Promise<void> {
    for (const { occupant, isUrgent } of lane.guard.takeLeavers()) {
      const from = lane.placeOf(occupant);
      // It ended in the meantime.
      if (from === undefined) continue;
      const target = this.placeFor(occupant, { lane, place: from }, isUrgent);
      if (target !== undefined) {
        await this.move(occupant, lane, target);
        reports.push(this.movedTo(target, occupant));
      } else if (isUrgent && !(await this.park(occupant, lane, reports))) {
        reports.push(outgrown(occupant));
        lane.evict(occupant);
      }
    }
  }

  async move(occupant: Occupant, from: Lane, target: Place): Promise<void> {
    await this.save(occupant, from);
    from.takeOut(occupant);
    await this.seatAgain(occupant, target);
  }

  /** False: the quota is used up, or no place of this card will ever be wide enough. */
  async park(occupant: Occupant, lane: Lane, reports: SessionReport[]): Promise<boolean> {
    const { jobId, cells, neededCells } = occupant;
    const isWideEnough = this.lanes.some(({ slotCells }) => slotCells >= neededCells);
    if (!isWideEnough || !(await this.save(occupant, lane))) return false;
    lane.takeOut(occupant);
    this.parked.set(jobId, { occupant, parkedAtMs: performance.now() });
    reports.push({ jobId, kind: 'parked', cells, checkpoint: occupant.checkpoint(), use: occupant.use });
    return true;
  }

  evict(occupant: Occupant): SessionCheckpoint {
    const checkpoint = occupant.checkpoint();
    this.forget(occupant);
    return checkpoint;
  }

  dispose(): void {
    for (const { occupant } of this.parked.values()) this.forget(occupant);
  }

  /** Writes a session's cells to the park folder. False: the quota is used up. */
  private async save(occupant: Occupant, lane: Lane): Promise<boolean> {
    const { park, kvBytesPerCell } = this.parts;
    if (occupant.cells === 0) return true;
    const mostBytes = occupant.cells * (kvBytesPerCell + CELL_HEAD_BYTES) + FILE_HEAD_BYTES;
    return (await park?.keep(occupant.jobId, mostBytes, (path) => lane.save(occupant, path))) ?? false;
  }

  private async seatAll(reports: SessionReport[]): Promise<void> {
    for (const { occupant, parkedAtMs } of [...this.parked.values()]) {
      const target = this.placeFor(occupant);
      if (occupant.isCancelled) {
        occupant.cancel(reports);
        this.forget(occupant);
      } else if (target !== undefined) {
        this.parked.delete(occupant.jobId);
        await this.seatAgain(occupant, target);
        reports.push(this.movedTo(target, occupant));
      } else if (this.isIdle || performance.now() - parkedAtMs > LONGEST_PARK_MS) {
        reports.push(outgrown(occupant));
        this.forget(occupant);
      }
    }
  }

  /** With the cells that were saved, if they are there; else its token ids are all that is needed. */
  private async seatAgain(occupant: Occupant, { lane, place }: Place): Promise<void> {
    const path = await this.parts.park?.intact(occupant.jobId);
    const hasCells = path !== undefined && (await lane.loadInto(place, path, occupant));
    if (!hasCells && occupant.cells > 0) occupant.replay();
    lane.seat(occupant, place);
    this.parts.park?.drop(occupant.jobId);
  }

  /** Where a session can go on at once: the narrowest slot or emptiest pool for what it is likely to need; in need, any wider one. */
  private placeFor(occupant: Occupant, from?: Place, isUrgent = true): Place | undefined {
    const needs = occupant.predictedCells;
    let best: (Place & { readonly rank: number }) | undefined;
    for (const lane of this.lanes) {
      if (from !== undefined && !lane.areCellsShared && !isWider(lane, from.lane)) continue;
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
    const reservedCells = Math.min(target.lane.slotCells, occupant.predictedCells);
    occupant.reservedCells = reservedCells;
    const lane = target.lane.number + target.place;
    return { jobId: occupant.jobId, kind: 'moved', lane, reservedCells };
  }

  private forget(occupant: Occupant): void {
    this.parked.delete(occupant.jobId);
    occupant.dispose();
    this.parts.park?.drop(occupant.jobId);
  }
}

const isWider = (one: Lane, other: Lane): boolean => one.slotCells > other.slotCells;

function outgrown(occupant: Occupant): SessionReport {
  const { jobId, neededCells, session } = occupant;
  const peakCells = Math.max(session.peakCells, neededCells);
  return { jobId, kind: 'outgrown', checkpoint: occupant.checkpoint(), peakCells, use: occupant.use };
}

function rankOf(lane: Lane, place: number, fits: boolean): number {
  if (lane.areCellsShared) return -lane.freeCells(place);
  return fits ? lane.slotCells : -lane.slotCells;
}
