import type { Pool } from '../packing/pool';

/** A lane as its card reports it: `slots` places of `slotCells` cells each. */
export interface LedgerLane {
  readonly lane: number;
  readonly slots: number;
  readonly slotCells: number;
  /** The slots share so many cells. Left out: each slot has its own. */
  readonly sharedCells?: number;
}

export interface LedgerCard {
  readonly card: string;
  /** New with every start of the card's worker: what an older one held is lost. */
  readonly incarnation: string;
  readonly model: string;
  /** A draining card keeps what it has and takes nothing new. */
  readonly isDraining: boolean;
  readonly lanes: readonly LedgerLane[];
}

/** One slot of a lane, held for one job. `cells` is its predicted peak. */
export interface Reservation {
  readonly jobId: string;
  readonly card: string;
  readonly lane: number;
  readonly cells: number;
}

/** A lane as placement sees it; full lanes are listed, too, with no free slots. */
export interface LaneOffer {
  readonly card: string;
  readonly lane: number;
  readonly model: string;
  /** The widest job that the lane would hold if it stood empty. */
  readonly slotCells: number;
  readonly freeSlots: number;
  /** What the slots share and nobody has reserved. Left out: each slot has its own cells. */
  readonly freeCells?: number;
  /** The slots share cells, and what is foreseen of the sessions there decides who may come, not what each reserves. */
  readonly pool?: Pool;
}

/**
 * How slots share cells. `sums`: all reservations together hold no more than there is. `courses`: sessions are not at their
 * peaks at the same time; each reservation must fit by itself, and what they hold together is looked at by a Pool.
 */
export type Sharing = 'sums' | 'courses';

export type ReserveOutcome =
  | { readonly ok: true; readonly reservation: Reservation }
  /** The job has its slot already: release it first, or let it be. */
  | { readonly ok: false; readonly reason: 'already-reserved'; readonly reservation: Reservation }
  | {
      readonly ok: false;
      readonly reason: 'unknown-card' | 'unknown-lane' | 'draining' | 'no-free-slot' | 'no-free-cells';
    }
  | { readonly ok: false; readonly reason: 'too-wide'; readonly slotCells: number };

interface Place extends LedgerLane {
  readonly jobs: Set<string>;
}

interface Held {
  readonly card: LedgerCard;
  readonly places: ReadonlyMap<number, Place>;
}

/**
 * Which job holds a slot on which lane of which card. Its one owner is the scheduler; nothing else writes to it.
 * Outcomes that are to be expected are values. What a change of the fleet makes homeless is returned to the caller,
 * whose duty it is to place it anew.
 */
export class Ledger {
  private readonly held = new Map<string, Held>();
  private readonly byJob = new Map<string, Reservation>();

  constructor(private readonly sharing: Sharing = 'sums') {}

  reserve(jobId: string, card: string, lane: number, cells: number): ReserveOutcome {
    const reservation = this.byJob.get(jobId);
    if (reservation) return { ok: false, reason: 'already-reserved', reservation };
    const home = this.held.get(card);
    if (!home) return { ok: false, reason: 'unknown-card' };
    const place = home.places.get(lane);
    if (!place) return { ok: false, reason: 'unknown-lane' };
    if (home.card.isDraining) return { ok: false, reason: 'draining' };
    if (cells > place.slotCells) return { ok: false, reason: 'too-wide', slotCells: place.slotCells };
    if (place.jobs.size >= place.slots) return { ok: false, reason: 'no-free-slot' };
    if (cells > (this.freeCells(place) ?? cells)) return { ok: false, reason: 'no-free-cells' };
    return { ok: true, reservation: this.put(place, { jobId, card, lane, cells }) };
  }

  /** What was held, or undefined when the job held nothing: releasing twice is harmless. */
  release(jobId: string): Reservation | undefined {
    const reservation = this.byJob.get(jobId);
    if (!reservation) return undefined;
    this.byJob.delete(jobId);
    this.held.get(reservation.card)?.places.get(reservation.lane)?.jobs.delete(jobId);
    return reservation;
  }

  /**
   * Takes a card in, or its new shape. Returns the reservations that have no place any more: all of them when the
   * incarnation is new, else those whose lane is gone, narrower than they are, or has too few slots or cells (newest first out).
   */
  replaceCard(card: LedgerCard): Reservation[] {
    const known = this.held.get(card.card);
    const before = this.removeCard(card.card);
    const places = new Map(card.lanes.map((lane) => [lane.lane, { ...lane, jobs: new Set<string>() }]));
    this.held.set(card.card, { card, places });
    if (known?.card.incarnation !== card.incarnation) return before;
    return before.filter((reservation) => {
      const place = places.get(reservation.lane);
      if (!place || reservation.cells > place.slotCells || place.jobs.size >= place.slots) return true;
      if (reservation.cells > (this.freeCells(place) ?? reservation.cells)) return true;
      this.put(place, reservation);
      return false;
    });
  }

  /** Forgets the card and returns what it held, oldest first. */
  removeCard(card: string): Reservation[] {
    this.held.delete(card);
    const lost = this.reservations(card);
    for (const { jobId } of lost) this.byJob.delete(jobId);
    return lost;
  }

  get(jobId: string): Reservation | undefined {
    return this.byJob.get(jobId);
  }

  /** Oldest first; of one card or of all. */
  reservations(card?: string): Reservation[] {
    return [...this.byJob.values()].filter((reservation) => card === undefined || reservation.card === card);
  }

  cards(): LedgerCard[] {
    return [...this.held.values()].map((home) => home.card);
  }

  /** Lanes of all cards that take work. */
  offers(): LaneOffer[] {
    return [...this.held.values()]
      .filter((home) => !home.card.isDraining)
      .flatMap(({ card, places }) =>
        [...places.values()].map((place) => {
          const freeCells = this.freeCells(place);
          return {
            card: card.card,
            lane: place.lane,
            model: card.model,
            slotCells: place.slotCells,
            freeSlots: place.slots - place.jobs.size,
            ...(freeCells !== undefined && { freeCells }),
          };
        }),
      );
  }

  /** Each way in which the two indices or the limits disagree, as a sentence; none when all is well. */
  check(): string[] {
    const faults: string[] = [];
    let seated = 0;
    for (const { card, places } of this.held.values()) {
      for (const place of places.values()) {
        const { lane, slots, slotCells, jobs } = place;
        const where = `card ${card.card} lane ${lane}`;
        const freeCells = this.freeCells(place) ?? 0;
        if (freeCells < 0)
          faults.push(`${where}: ${-freeCells} cells more are reserved than the slots share`);
        seated += jobs.size;
        if (jobs.size > slots) faults.push(`${where}: ${jobs.size} jobs in ${slots} slots`);
        for (const jobId of jobs) {
          const reservation = this.byJob.get(jobId);
          if (reservation?.card !== card.card || reservation.lane !== lane) {
            faults.push(`${where}: job ${jobId} sits here without a reservation`);
          } else if (reservation.cells > slotCells) {
            faults.push(`${where}: job ${jobId} holds ${reservation.cells} cells of a slot of ${slotCells}`);
          }
        }
      }
    }
    if (seated !== this.byJob.size) faults.push(`${this.byJob.size} reservations, ${seated} jobs seated`);
    return faults;
  }

  /** Undefined where each slot has its own cells, or cells are not counted here. */
  private freeCells(place: Place): number | undefined {
    if (place.sharedCells === undefined || this.sharing === 'courses') return undefined;
    let free = place.sharedCells;
    for (const jobId of place.jobs) free -= this.byJob.get(jobId)?.cells ?? 0;
    return free;
  }

  private put(place: Place, reservation: Reservation): Reservation {
    place.jobs.add(reservation.jobId);
    this.byJob.set(reservation.jobId, reservation);
    return reservation;
  }
}
