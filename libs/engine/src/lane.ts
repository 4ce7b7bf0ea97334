import type { LaneView } from '@gistpool/contracts';
import type { SessionCheckpoint, TokenId } from '@gistpool/core';
import { type EngineContext, NoCellFree } from './binding';
import { type Filler, fillerIn, forget } from './fillers';
import type { Guard } from './guard';
import { differences } from './lane-check';
import type { LaneOptions } from './lane-options';
import { viewOf } from './lane-view';
import { lastOf, NO_LOGITS } from './logit-rows';
import type { Occupant } from './occupant';
import { missingTokens, Pools } from './pools';
import type { SessionReport } from './types';

interface BatchEntry {
  readonly occupant: Occupant;
  readonly slot: number;
  readonly position: number;
  readonly tokens: Uint32Array;
  /** Number of its last token in the whole batch. */
  readonly row: number;
  readonly wantsLogits: boolean;
}

/**
 * One context: a row of slots that step together.
 *
 * The engine decodes slots in one pass only if their numbers are consecutive, ascending and all with the same number
 * of tokens. So slots are fed in ascending order, one token each; prompts go in passes of their own; a new session takes
 * the lowest free slot; and the highest session moves into a hole that nobody filled.
 *
 * Where slots share pools, the same holds of pools: any slots of a pool, but as many tokens from each pool. A pool that
 * has fewer gives tokens of a prompt that waits there, or a filler: tokens in an empty slot, forgotten after the pass.
 */
export class Lane {
  private readonly seats: (Occupant | undefined)[];
  private readonly batch: BatchEntry[] = [];
  private readonly picks: (Promise<TokenId> | undefined)[] = [];
  readonly guard: Guard;
  private readonly pools: Pools;
  private didPrefill = false;
  private isStepping = false;

  constructor(
    readonly context: EngineContext,
    private readonly options: LaneOptions,
  ) {
    this.seats = new Array<Occupant | undefined>(context.slots).fill(undefined);
    this.pools = new Pools(context.pools, context.slotsPerPool, context.cellsPerPool);
    this.guard = options.guard(this.pools);
  }

  /** Of its first place; the others follow. */
  get number(): number {
    return this.options.lane;
  }

  get kvBytesPerCell(): number {
    return this.options.kvBytesPerCell;
  }

  get occupants(): readonly Occupant[] {
    return this.seats.filter((seat) => seat !== undefined);
  }

  /** What the widest session may hold. */
  get slotCells(): number {
    return this.pools.jobCells;
  }

  get kvBytes(): number {
    return this.pools.count * this.pools.cellsEach * this.options.kvBytesPerCell;
  }

  /** Lanes as the fleet sees them: a row of slots with cells of their own, or each pool that slots share. */
  get places(): number {
    return this.pools.areShared ? this.pools.count : 1;
  }

  /** Of all its sessions, now. */
  get cells(): number {
    return this.seats.reduce((sum, seat) => sum + (seat?.cells ?? 0), 0);
  }

  /** The same as the engine counts them; undefined: it cannot. */
  get engineCells(): number | undefined {
    const slotsInUse = [...this.seats.keys()].filter((slot) => (this.seats[slot]?.cells ?? 0) > 0);
    return this.options.count?.count(this.pools.inUse(slotsInUse));
  }

  get sessions(): number {
    return this.seats.reduce((count, seat) => count + (seat === undefined ? 0 : 1), 0);
  }

  hasFreeSlot(place: number): boolean {
    return this.seatsAt(place).includes(undefined);
  }

  /** Whether a session from elsewhere can come to this place and go on at once. */
  hasRoomFor(occupant: Occupant, place: number): boolean {
    if (occupant.neededCells > this.slotCells || !this.hasFreeSlot(place)) return false;
    return !this.pools.areShared || this.guard.hasRoomFor(occupant, place, this.seats);
  }

  /** Undefined: it is not here. */
  placeOf(occupant: Occupant): number | undefined {
    const slot = this.seats.indexOf(occupant);
    if (slot === -1) return undefined;
    return this.pools.areShared ? this.pools.of(slot) : 0;
  }

  /** Cells of a place that nobody holds now; of a slot of its own, all. */
  freeCells(place: number): number {
    return this.slotCells - (this.pools.areShared ? this.liveCellsOf(place) : 0);
  }

  get areCellsShared(): boolean {
    return this.pools.areShared;
  }

  find(jobId: string): Occupant | undefined {
    return this.seats.find((seat) => seat?.jobId === jobId);
  }

  /** There is a free slot: see `hasFreeSlot`. */
  seat(occupant: Occupant, place = 0): void {
    const slot = this.freeSlot(place);
    this.seats[slot] = occupant;
    occupant.isHeld = true;
    occupant.holdsCells();
    this.guard.touch(this.pools.of(slot));
  }

  evict(occupant: Occupant): SessionCheckpoint {
    const checkpoint = occupant.checkpoint();
    this.release(occupant);
    return checkpoint;
  }

  /** One decode of all sessions that think, or one chunk of the prompts that wait; in turn if there are both. */
  async step(reports: SessionReport[]): Promise<void> {
    if (this.isStepping) throw new Error(`lane ${String(this.options.lane)}: a step began while another ran`);
    this.isStepping = true;
    try {
      this.dropCancelled(reports);
      if (!this.pools.areShared) await this.closeHoles();
      this.guard.look(this.seats);
      let hasPrompts = false;
      let hasThinkers = false;
      for (const seat of this.seats) {
        if (seat === undefined || seat.isHeld) continue;
        if (seat.isPrefilling) hasPrompts = true;
        else hasThinkers = true;
      }
      this.didPrefill = hasPrompts && !(hasThinkers && this.didPrefill);
      if (this.didPrefill) await this.prefill(reports);
      else if (hasThinkers) await this.decode(reports);
      for (const seat of this.seats) seat?.remember();
    } finally {
      this.isStepping = false;
    }
  }

  /** Writes a session's cells to a file; resolves to its bytes. */
  save(occupant: Occupant, path: string): Promise<number> {
    return this.context.save(this.seats.indexOf(occupant), path);
  }

  /** Takes a session out of its slot; its cells are gone. */
  takeOut(occupant: Occupant): void {
    const slot = this.seats.indexOf(occupant);
    this.context.clear(slot);
    this.seats[slot] = undefined;
    occupant.holdsNone();
    this.guard.touch(this.pools.of(slot));
  }

  /** Loads what `save` wrote, into the slot that `seat` gives next. False: the file is not what it should be. */
  async loadInto(place: number, path: string, { lastPosition }: Occupant): Promise<boolean> {
    const slot = this.freeSlot(place);
    const isLoaded = await this.context.load(slot, path).then(
      () => this.context.positions(slot).last === lastPosition,
      () => false,
    );
    if (!isLoaded) this.context.clear(slot);
    return isLoaded;
  }

  views(): LaneView[] {
    return Array.from({ length: this.places }, (_, place) => {
      const first = this.pools.areShared ? this.pools.firstSlot(place) : 0;
      return {
        lane: this.options.lane + place,
        slots: this.seatsAt(place).map((seat, index) => viewOf(seat, first + index)),
        cells_per_slot: this.slotCells,
        cells_per_slot_requested: this.options.cellsRequested,
        ...(this.pools.areShared && { shared_cells: this.slotCells }),
        kv_bytes: this.kvBytes / this.places,
      };
    });
  }

  /** Every difference between what the lane believes and what the engine says. */
  check(): string[] {
    return differences(this.seats, this.context, this.engineCells).map(
      (difference) => `lane ${String(this.options.lane)}, ${difference}`,
    );
  }

  async dispose(): Promise<void> {
    for (const seat of this.seats) if (seat !== undefined) this.release(seat);
    await this.context.dispose();
  }

  private dropCancelled(reports: SessionReport[]): void {
    for (const seat of this.seats) {
      if (seat?.isCancelled !== true) continue;
      seat.cancel(reports);
      this.release(seat);
    }
  }

  /** A copy takes a slot's whole cache with it, so this is done only when nobody came to fill the hole. */
  private async closeHoles(): Promise<void> {
    for (;;) {
      const hole = this.seats.indexOf(undefined);
      const last = this.seats.findLastIndex((seat) => seat !== undefined);
      const occupant = this.seats[last];
      if (hole === -1 || hole > last || occupant === undefined) return;
      if (occupant.cells > 0) {
        await this.context.copy(last, hole);
        this.context.clear(last);
      }
      this.seats[hole] = occupant;
      this.seats[last] = undefined;
      this.guard.touch(hole);
      this.guard.touch(last);
    }
  }

  private async decode(reports: SessionReport[]): Promise<void> {
    const { batch } = this;
    batch.length = 0;
    for (let slot = 0; slot < this.seats.length; slot++) {
      const occupant = this.seats[slot];
      if (occupant === undefined || occupant.isPrefilling || occupant.isHeld) continue;
      const feed = occupant.session.nextFeed();
      if (feed?.kind !== 'token') {
        throw new Error(`job ${occupant.jobId} has no token to feed (phase ${occupant.session.phase})`);
      }
      occupant.input[0] = feed.token;
      batch.push({
        occupant,
        slot,
        position: feed.position,
        tokens: occupant.input,
        row: batch.length,
        wantsLogits: feed.wantsLogits,
      });
    }
    const thinkers = batch.length;
    if (await this.run(reports, this.pools.areShared ? this.levelPools() : []))
      this.options.totals.decodedTokens += thinkers;
  }

  /** Fills one chunk with the prompts that wait, lowest slot first. */
  private async prefill(reports: SessionReport[]): Promise<void> {
    this.batch.length = 0;
    this.addPrompts(0, this.seats.length, this.options.prefillChunk, 0);
    await this.run(reports, []);
  }

  /** Adds at most so many tokens of the prompts that wait in slots [start, end) behind `size` tokens; returns how many. */
  private addPrompts(start: number, end: number, most: number, size: number): number {
    let added = 0;
    for (let slot = start; slot < end && added < most; slot++) {
      const occupant = this.seats[slot];
      if (occupant === undefined || !occupant.isPrefilling || occupant.isHeld) continue;
      const feed = occupant.session.nextFeed();
      if (feed?.kind !== 'row') throw new Error(`job ${occupant.jobId} has no prompt to feed`);
      const count = Math.min(feed.tokens.length, most - added);
      added += count;
      this.batch.push({
        occupant,
        slot,
        position: feed.firstPosition,
        tokens: Uint32Array.from(feed.tokens.slice(0, count)),
        row: size + added - 1,
        wantsLogits: feed.wantsLogits && count === feed.tokens.length,
      });
    }
    return added;
  }

  /** Gives every pool as many tokens as the highest, if that is worth it: prompts first, and for the rest a filler. */
  private levelPools(): Filler[] {
    const tokens = new Array<number>(this.pools.count).fill(0);
    for (const { slot } of this.batch) {
      const pool = this.pools.of(slot);
      tokens[pool] = (tokens[pool] ?? 0) + 1;
    }
    const fillers: Filler[] = [];
    let fill = 0;
    let size = this.batch.length;
    missingTokens(tokens).forEach((missing, pool) => {
      if (missing === 0) return;
      const first = this.pools.firstSlot(pool);
      const added = this.addPrompts(first, this.pools.firstSlot(pool + 1), missing, size);
      size += added;
      if (added === missing) return;
      const filler = fillerIn(pool, this.pools, this.seats, missing - added);
      if (filler !== undefined) fillers.push(filler);
      fill += filler === undefined ? Infinity : missing - added;
    });
    // Left uneven, the batch is cut into passes by the engine.
    return fill <= size * this.options.mostFillersPerToken ? fillers : [];
  }

  /** Decodes the batch, samples all its rows together, then lets each session take what came. False: it must be tried again. */
  private async run(reports: SessionReport[], fillers: readonly Filler[]): Promise<boolean> {
    const { batch, context, picks } = this;
    const sizeOf = (entries: readonly { tokens: Uint32Array }[]): number =>
      entries.reduce((sum, { tokens }) => sum + tokens.length, 0);
    context.beginBatch(sizeOf(batch) + sizeOf(fillers));
    for (const entry of batch) context.add(entry.slot, entry.position, entry.tokens, lastOf(entry.tokens));
    for (const filler of fillers) context.add(filler.slot, filler.position, filler.tokens, NO_LOGITS);
    try {
      await context.decode();
    } catch (error) {
      if (!(error instanceof NoCellFree)) throw error;
      this.guard.outOfCells(this.seats, batch);
      return false;
    }
    for (const filler of fillers) forget(filler, context);
    for (let index = 0; index < batch.length; index++) {
      const entry = batch[index];
      picks[index] = entry?.wantsLogits === true ? this.pick(entry.occupant, entry.row) : undefined;
    }
    for (let index = 0; index < batch.length; index++) {
      const entry = batch[index];
      if (entry === undefined) continue;
      const { occupant, slot, tokens } = entry;
      occupant.lastPosition = entry.position + tokens.length - 1;
      occupant.cells += tokens.length;
      const pick = picks[index];
      const token = pick === undefined ? undefined : await this.waitFor(pick);
      if (token !== undefined && occupant.notesLogprobs)
        await occupant.noteLogprobs(context, entry.row, token);
      const { evict, events } = occupant.session.fed(tokens.length);
      for (const range of evict) {
        context.evict(slot, range.start, range.end);
        occupant.cells -= range.end - range.start;
      }
      occupant.holdsCells();
      if (events.length > 0) occupant.tell(events, reports);
      if (token !== undefined) occupant.sampled(token, reports);
      if (occupant.isDone) this.release(occupant);
      else if (occupant.hasThoughtEnds && occupant.session.liveCells === occupant.session.floor)
        this.guard.thoughtEnded(occupant, slot);
    }
    return true;
  }

  private async waitFor(pick: Promise<TokenId>): Promise<TokenId> {
    const asked = performance.now();
    const token = await pick;
    this.options.totals.samplingMs += performance.now() - asked;
    return token;
  }

  private pick(occupant: Occupant, row: number): Promise<TokenId> {
    const { sampler, chooser, endToken } = occupant;
    if (chooser === undefined) {
      const picked = this.context.sample(row, sampler);
      // The engine refuses to go on in a grammar that no token fits.
      return endToken === undefined ? picked : picked.catch(() => endToken);
    }
    return chooser(() => this.context.logProbabilities(row, sampler));
  }

  private liveCellsOf(pool: number): number {
    return this.pools.seatsOf(this.seats, pool).reduce((cells, seat) => cells + (seat?.cells ?? 0), 0);
  }

  private seatsAt(place: number): readonly (Occupant | undefined)[] {
    return this.pools.areShared ? this.pools.seatsOf(this.seats, place) : this.seats;
  }

  private freeSlot(place: number): number {
    const index = this.seatsAt(place).indexOf(undefined);
    if (index === -1) throw new Error(`lane ${String(this.options.lane + place)} has no free slot`);
    return this.pools.areShared ? this.pools.firstSlot(place) + index : index;
  }

  private release(occupant: Occupant): void {
    this.takeOut(occupant);
    occupant.dispose();
  }
}
