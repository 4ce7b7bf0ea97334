import type { LaneView, SlotView } from '@gistpool/contracts';
import type { SessionCheckpoint, TokenId } from '@gistpool/core';
import { type EngineContext, NoCellFree } from './binding';
import type { CellCount } from './cell-count';
import type { Occupant } from './occupant';
import { missingTokens, Pools } from './pools';
import type { Totals } from './totals';
import type { SessionReport } from './types';

export interface LaneOptions {
  /** Number of the lane; where slots share pools, of the lane's first pool. */
  readonly lane: number;
  readonly cellsRequested: number;
  /** Prompt tokens fed between two decodes. */
  readonly prefillChunk: number;
  /** Left out where the cells of a context cannot be counted. */
  readonly count?: CellCount;
  readonly kvBytesPerCell: number;
  /** With more fillers than so many per token a pass costs more than another pass does. */
  readonly mostFillersPerToken: number;
  readonly totals: Totals;
}

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
  private readonly pools: Pools;
  private didPrefill = false;
  private isStepping = false;

  constructor(
    readonly context: EngineContext,
    private readonly options: LaneOptions,
  ) {
    this.seats = new Array<Occupant | undefined>(context.slots).fill(undefined);
    this.pools = new Pools(context.pools, context.slotsPerPool, context.cellsPerPool);
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

  get sessions(): number {
    return this.seats.reduce((count, seat) => count + (seat === undefined ? 0 : 1), 0);
  }

  /** Why a session that claims so many cells cannot sit in this place (0 but in shared pools) now. */
  refusal(claimedCells: number, place: number): 'no-free-slot' | 'no-free-cells' | undefined {
    if (!this.seatsAt(place).includes(undefined)) return 'no-free-slot';
    if (this.pools.areShared && claimedCells > this.freeCells(place)) return 'no-free-cells';
    return undefined;
  }

  /** Cells of a shared pool that no session claims. */
  freeCells(place: number): number {
    return this.seatsAt(place).reduce(
      (cells, seat) => cells - (seat?.claimedCells ?? 0),
      this.pools.jobCells,
    );
  }

  find(jobId: string): Occupant | undefined {
    return this.seats.find((seat) => seat?.jobId === jobId);
  }

  /** The caller has looked at `refusal`. */
  seat(occupant: Occupant, place = 0): void {
    this.seats[this.freeSlot(place)] = occupant;
  }

  evict(jobId: string): SessionCheckpoint | undefined {
    const occupant = this.find(jobId);
    if (occupant === undefined) return undefined;
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
      let hasPrompts = false;
      let hasThinkers = false;
      for (const seat of this.seats) {
        if (seat === undefined) continue;
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

  /** Moves a session with its cells to another place; the caller has looked at `refusal`. Through a file, as the engine has no other way between pools. */
  async move(jobId: string, place: number, path: string): Promise<void> {
    const occupant = await this.park(jobId, path);
    if (occupant !== undefined) await this.unpark(occupant, place, path);
  }

  /** Takes a session out with its cells in a file, if it has any. It goes on where `unpark` puts it. Undefined: not here. */
  async park(jobId: string, path: string): Promise<Occupant | undefined> {
    const occupant = this.find(jobId);
    if (occupant === undefined) return undefined;
    const slot = this.seats.indexOf(occupant);
    if (occupant.cells > 0) await this.context.save(slot, path);
    this.context.clear(slot);
    this.seats[slot] = undefined;
    return occupant;
  }

  /** `path` is the file that `park` wrote, on a lane with as many pools. */
  async unpark(occupant: Occupant, place: number, path: string): Promise<void> {
    const slot = this.freeSlot(place);
    if (occupant.cells > 0) await this.context.load(slot, path);
    this.seats[slot] = occupant;
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
    const differences: string[] = [];
    const differ = (what: string, ledger: number, engine: number): void => {
      if (ledger !== engine) {
        differences.push(
          `lane ${String(this.options.lane)}, ${what}: ledger ${String(ledger)}, engine ${String(engine)}`,
        );
      }
    };
    let cells = 0;
    const slotsInUse: number[] = [];
    this.seats.forEach((seat, slot) => {
      const who = `slot ${String(slot)}${seat === undefined ? '' : ` (job ${seat.jobId})`}`;
      const { first, last } = this.context.positions(slot);
      differ(`${who}, highest position`, seat?.lastPosition ?? -1, last);
      if (seat === undefined) return;
      differ(`${who}, live cells of session and lane`, seat.session.liveCells, seat.cells);
      if (seat.cells > 0 && first < 0) differ(`${who}, lowest position`, 0, first);
      cells += seat.cells;
      if (seat.cells > 0) slotsInUse.push(slot);
    });
    const { count } = this.options;
    if (count !== undefined) differ('live cells', cells, count.count(this.pools.inUse(slotsInUse)));
    return differences;
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
    }
  }

  private async decode(reports: SessionReport[]): Promise<void> {
    const { batch } = this;
    batch.length = 0;
    for (let slot = 0; slot < this.seats.length; slot++) {
      const occupant = this.seats[slot];
      if (occupant === undefined || occupant.isPrefilling) continue;
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
    const fillers = this.pools.areShared ? this.levelPools() : [];
    if (await this.run(reports, fillers)) this.options.totals.decodedTokens += thinkers;
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
      if (occupant === undefined || !occupant.isPrefilling) continue;
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
      // Each prompt gave one token at least, and each empty slot stands for one: there is an empty slot if any is missing.
      if (added < missing)
        fillers.push({ slot: this.freeSlot(pool), tokens: new Uint32Array(missing - added) });
      fill += missing - added;
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
    for (const filler of fillers) context.add(filler.slot, 0, filler.tokens, NO_LOGITS);
    try {
      await context.decode();
    } catch (error) {
      if (!(error instanceof NoCellFree)) throw error;
      this.failTheFull(reports, error);
      return false;
    }
    for (const { slot } of fillers) context.clear(slot);
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
      const { evict, events } = occupant.session.fed(tokens.length);
      for (const range of evict) {
        context.evict(slot, range.start, range.end);
        occupant.cells -= range.end - range.start;
      }
      if (events.length > 0) occupant.tell(events, reports);
      if (token !== undefined) occupant.sampled(token, reports);
      if (occupant.isDone) this.release(occupant);
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
    const { sampler, chooser } = occupant;
    if (chooser === undefined) return this.context.sample(row, sampler);
    return chooser(() => this.context.logProbabilities(row, sampler));
  }

  /**
   * The engine found no cell for some slot and left the cache as it was. Admission rules this out; if it happens all
   * the same, of each pool that is too small the session ends that holds most beyond its claim, and nobody else notices.
   */
  private failTheFull(reports: SessionReport[], error: NoCellFree): void {
    const wanted = new Map<number, number>();
    this.seats.forEach((seat, slot) => {
      const pool = this.pools.of(slot);
      wanted.set(pool, (wanted.get(pool) ?? 0) + (seat?.cells ?? 0));
    });
    for (const { slot, tokens } of this.batch) {
      const pool = this.pools.of(slot);
      wanted.set(pool, (wanted.get(pool) ?? 0) + tokens.length);
    }
    const excess = ({ occupant, tokens }: BatchEntry): number =>
      occupant.cells + tokens.length - occupant.claimedCells;
    const full = [...wanted]
      .filter(([, cells]) => cells > this.slotCells)
      .flatMap(([pool]) =>
        this.batch
          .filter(({ slot }) => this.pools.of(slot) === pool)
          .sort((a, b) => excess(b) - excess(a))
          .slice(0, 1),
      );
    if (full.length === 0) throw error;
    for (const { occupant, slot } of full) {
      reports.push({
        jobId: occupant.jobId,
        kind: 'failed',
        code: 'out_of_cells',
        message:
          `job ${occupant.jobId} filled all ${String(this.slotCells)} cells of ` +
          `${this.pools.areShared ? 'its pool' : `slot ${String(slot)}`} in lane ` +
          `${String(this.options.lane)}; lower its limits or make the lane wider`,
        checkpoint: occupant.checkpoint(),
      });
      this.release(occupant);
    }
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
    const slot = this.seats.indexOf(occupant);
    this.context.clear(slot);
    this.seats[slot] = undefined;
    occupant.dispose();
  }
}

/** Tokens (all of id 0) in an empty slot that make a pool's share of a pass as long as the others'. */
interface Filler {
  readonly slot: number;
  readonly tokens: Uint32Array;
}

const NO_LOGITS = new Uint32Array(0);

const LAST_INDEXES: (Uint32Array | undefined)[] = [];

/** The index of the last token, as the binding wants it. Always asking for logits keeps the engine's graph the same. */
function lastOf(tokens: Uint32Array): Uint32Array {
  return (LAST_INDEXES[tokens.length] ??= Uint32Array.of(tokens.length - 1));
}

function viewOf(seat: Occupant | undefined, slot: number): SlotView {
  if (seat === undefined) {
    return { slot, job: null, phase: 'idle', thought: 0, live_cells: 0, reserved_cells: 0, recent_cells: [] };
  }
  const { phase, thoughtIndex, liveCells, standing } = seat.session;
  return {
    slot,
    job: seat.jobId,
    phase: phase === 'done' ? 'idle' : phase,
    thought: thoughtIndex,
    live_cells: liveCells,
    reserved_cells: seat.reservedCells,
    recent_cells: [...seat.recentCells],
    floor_cells: standing.floorCells,
    sampled_tokens: standing.sampledTokens,
    peak_cells: standing.peakCells,
  };
}
