import type { LaneView, SlotView } from '@gistpool/contracts';
import type { SessionCheckpoint, TokenId } from '@gistpool/core';
import { type EngineContext, NoCellFree } from './binding';
import type { CellCount } from './cell-count';
import type { Occupant } from './occupant';
import type { Totals } from './totals';
import type { SessionReport } from './types';

export interface LaneOptions {
  readonly lane: number;
  readonly cellsRequested: number;
  /** Prompt tokens fed between two decodes. */
  readonly prefillChunk: number;
  /** Left out where the cells of a context cannot be counted. */
  readonly count?: CellCount;
  readonly kvBytesPerCell: number;
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
 */
export class Lane {
  private readonly seats: (Occupant | undefined)[];
  private readonly batch: BatchEntry[] = [];
  private readonly picks: (Promise<TokenId> | undefined)[] = [];
  private didPrefill = false;
  private isStepping = false;

  constructor(
    readonly context: EngineContext,
    private readonly options: LaneOptions,
  ) {
    this.seats = new Array<Occupant | undefined>(context.slots).fill(undefined);
  }

  get slotCells(): number {
    return this.context.cellsPerSlot;
  }

  get kvBytes(): number {
    return this.context.slots * this.context.cellsPerSlot * this.options.kvBytesPerCell;
  }

  get sessions(): number {
    return this.seats.reduce((count, seat) => count + (seat === undefined ? 0 : 1), 0);
  }

  get hasFreeSlot(): boolean {
    return this.seats.includes(undefined);
  }

  find(jobId: string): Occupant | undefined {
    return this.seats.find((seat) => seat?.jobId === jobId);
  }

  /** The caller has looked at `hasFreeSlot`. */
  seat(occupant: Occupant): void {
    const slot = this.seats.indexOf(undefined);
    if (slot === -1)
      throw new Error(`lane ${String(this.options.lane)} has no free slot for job ${occupant.jobId}`);
    this.seats[slot] = occupant;
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
      await this.closeHoles();
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

  view(): LaneView {
    return {
      lane: this.options.lane,
      slots: this.seats.map((seat, slot) => viewOf(seat, slot)),
      cells_per_slot: this.context.cellsPerSlot,
      cells_per_slot_requested: this.options.cellsRequested,
      kv_bytes: this.kvBytes,
    };
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
    let slotsInUse = 0;
    this.seats.forEach((seat, slot) => {
      const who = `slot ${String(slot)}${seat === undefined ? '' : ` (job ${seat.jobId})`}`;
      const { first, last } = this.context.positions(slot);
      differ(`${who}, highest position`, seat?.lastPosition ?? -1, last);
      if (seat === undefined) return;
      differ(`${who}, live cells of session and lane`, seat.session.liveCells, seat.cells);
      if (seat.cells > 0 && first < 0) differ(`${who}, lowest position`, 0, first);
      cells += seat.cells;
      if (seat.cells > 0) slotsInUse++;
    });
    if (this.options.count !== undefined) differ('live cells', cells, this.options.count.count(slotsInUse));
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
    if (await this.run(batch.length, reports)) this.options.totals.decodedTokens += batch.length;
  }

  /** Fills one chunk with the prompts that wait, lowest slot first. */
  private async prefill(reports: SessionReport[]): Promise<void> {
    const { batch } = this;
    batch.length = 0;
    let size = 0;
    for (let slot = 0; slot < this.seats.length && size < this.options.prefillChunk; slot++) {
      const occupant = this.seats[slot];
      if (occupant === undefined || !occupant.isPrefilling) continue;
      const feed = occupant.session.nextFeed();
      if (feed?.kind !== 'row') throw new Error(`job ${occupant.jobId} has no prompt to feed`);
      const count = Math.min(feed.tokens.length, this.options.prefillChunk - size);
      size += count;
      batch.push({
        occupant,
        slot,
        position: feed.firstPosition,
        tokens: Uint32Array.from(feed.tokens.slice(0, count)),
        row: size - 1,
        wantsLogits: feed.wantsLogits && count === feed.tokens.length,
      });
    }
    await this.run(size, reports);
  }

  /** Decodes the batch, samples all its rows together, then lets each session take what came. False: it must be tried again. */
  private async run(size: number, reports: SessionReport[]): Promise<boolean> {
    const { batch, context, picks } = this;
    context.beginBatch(size);
    for (const entry of batch) context.add(entry.slot, entry.position, entry.tokens, lastOf(entry.tokens));
    try {
      await context.decode();
    } catch (error) {
      if (!(error instanceof NoCellFree)) throw error;
      this.failTheFull(reports, error);
      return false;
    }
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
   * the same, those who asked for more than their slot holds end, and nobody else notices.
   */
  private failTheFull(reports: SessionReport[], error: NoCellFree): void {
    const full = this.batch.filter(({ occupant, tokens }) => occupant.cells + tokens.length > this.slotCells);
    if (full.length === 0) throw error;
    for (const { occupant, slot } of full) {
      reports.push({
        jobId: occupant.jobId,
        kind: 'failed',
        code: 'out_of_cells',
        message:
          `job ${occupant.jobId} filled all ${String(this.slotCells)} cells of slot ${String(slot)} in lane ` +
          `${String(this.options.lane)}; lower its limits or make the lane wider`,
        checkpoint: occupant.checkpoint(),
      });
      this.release(occupant);
    }
  }

  private release(occupant: Occupant): void {
    const slot = this.seats.indexOf(occupant);
    this.context.clear(slot);
    this.seats[slot] = undefined;
    occupant.dispose();
  }
}

const LAST_INDEXES: (Uint32Array | undefined)[] = [];

/** The index of the last token, as the binding wants it. Always asking for logits keeps the engine's graph the same. */
function lastOf(tokens: Uint32Array): Uint32Array {
  return (LAST_INDEXES[tokens.length] ??= Uint32Array.of(tokens.length - 1));
}

function viewOf(seat: Occupant | undefined, slot: number): SlotView {
  if (seat === undefined) {
    return { slot, job: null, phase: 'idle', thought: 0, live_cells: 0, reserved_cells: 0, recent_cells: [] };
  }
  const { phase, thoughtIndex, liveCells } = seat.session;
  return {
    slot,
    job: seat.jobId,
    phase: phase === 'done' ? 'idle' : phase,
    thought: thoughtIndex,
    live_cells: liveCells,
    reserved_cells: seat.reservedCells,
    recent_cells: [...seat.recentCells],
  };
}
