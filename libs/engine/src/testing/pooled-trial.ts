import { join } from 'node:path';
import { type EngineContext, type EngineModel, NoCellFree, type Sampler } from '../binding';
import { CellCount } from '../cell-count';
import { dice } from './dice';
import { missingTokens, Pools } from '../pools';

export interface TrialShape {
  readonly pools: number;
  readonly slotsPerPool: number;
  /** Cells of a pool, a multiple of 256. */
  readonly cellsPerPool: number;
}

export interface TrialReport {
  readonly steps: number;
  readonly comparedRows: number;
  readonly comparedLogits: number;
  /** Between the shared pools and slots with cells of their own. */
  readonly maxDeltaLogit: number;
  readonly events: Readonly<Record<TrialEvent, number>>;
}

const EVENTS = [
  'arrivals',
  'evictions',
  'cancels',
  'parks',
  'restores',
  'moves to another pool',
  'moves inside a pool',
  'prompts beside decode',
  'idle sessions',
  'steps levelled with fillers',
  'other steps',
  'refusals for want of cells',
  'cell counts compared',
] as const;
type TrialEvent = (typeof EVENTS)[number];

interface Sitting {
  /** In the shared pools; undefined while it is parked. */
  slot: number | undefined;
  /** Where the same session sits with cells of its own, all the time. */
  readonly alone: number;
  /** Positions that are live, ascending. */
  live: number[];
  next: number;
  file: string | undefined;
}

interface Feed {
  readonly session: Sitting;
  readonly tokens: Uint32Array;
}

const PROBES = 64;
/** Room for a pool's worth of tokens beside everybody's own. */
const BATCH_TOKENS = 1024;
const CELLS_COUNTED_EVERY = 16;

/**
 * Plays the same sessions twice, side by side: in pools that slots share, and each in a slot with cells of its own, where
 * it is neither moved nor parked. Whatever happens to the sessions, both must come to the same logits. Dice decide on
 * arrivals, lengths, evictions, cancels, parks and moves, so a seed can be played again.
 */
export class PooledTrial {
  private readonly pools: Pools;
  private readonly sessions = new Set<Sitting>();
  private readonly events = Object.fromEntries(EVENTS.map((event) => [event, 0])) as Record<
    TrialEvent,
    number
  >;
  private readonly sampler: Sampler;
  private readonly probes: readonly number[];
  private comparedRows = 0;
  private maxDeltaLogit = 0;
  private files = 0;
  private readonly roll: (sides: number) => number;

  private constructor(
    private readonly shared: EngineContext,
    private readonly alone: EngineContext,
    private readonly count: CellCount,
    model: EngineModel,
    private readonly vocabulary: number,
    private readonly folder: string,
    seed: number,
  ) {
    this.pools = new Pools(shared.pools, shared.slotsPerPool, shared.cellsPerPool);
    this.sampler = model.createSampler();
    this.sampler.applyConfig({ temperature: 0 });
    const stride = Math.max(1, Math.floor(vocabulary / PROBES));
    this.probes = Array.from({ length: Math.min(PROBES, vocabulary) }, (_, index) => index * stride);
    this.roll = dice(seed);
  }

  /** `folder` is for the files of parked sessions. */
  static async run(
    model: EngineModel,
    vocabulary: number,
    shape: TrialShape,
    options: {
      readonly steps: number;
      readonly seed: number;
      readonly folder: string;
      readonly progress?: (step: number) => void;
    },
  ): Promise<TrialReport> {
    const slots = shape.pools * shape.slotsPerPool;
    const common = { batchTokens: BATCH_TOKENS, threads: 1, kvType: 'f32', flashAttention: false } as const;
    const shared = await model.createContext({
      ...common,
      slots,
      cells: shape.cellsPerPool,
      slotsPerPool: shape.slotsPerPool,
    });
    // Parked sessions stay there, so there are more of them than fit into the pools.
    const alone = await model.createContext({ ...common, slots: slots * 2, cells: shape.cellsPerPool });
    const count = await CellCount.calibrate(shared, 1);
    const trial = new PooledTrial(shared, alone, count, model, vocabulary, options.folder, options.seed);
    try {
      for (let step = 0; step < options.steps; step++) {
        await trial.step(step);
        options.progress?.(step + 1);
      }
      return {
        steps: options.steps,
        comparedRows: trial.comparedRows,
        comparedLogits: trial.comparedRows * trial.probes.length,
        maxDeltaLogit: trial.maxDeltaLogit,
        events: trial.events,
      };
    } finally {
      trial.sampler.dispose();
      await shared.dispose();
      await alone.dispose();
    }
  }

  private async step(step: number): Promise<void> {
    if (this.roll(3) === 0) this.arrive();
    if (this.roll(12) === 0) this.cancel(this.any());
    if (this.roll(10) === 0) await this.park();
    if (this.roll(6) === 0) await this.restore();
    if (this.roll(10) === 0) await this.move();
    for (const session of this.sessions) if (this.roll(8) === 0) this.evict(session);

    const feeds = this.feeds();
    if (feeds.length === 0) return;
    if (!(await this.decodeShared(feeds))) return;
    await this.decodeAlone(feeds);
    await this.compare(feeds);
    if (step % CELLS_COUNTED_EVERY === 0) this.countCells();
  }

  private arrive(): void {
    const slot = this.emptySlot();
    const alone = Array.from({ length: this.alone.slots }, (_, index) => index).find((index) =>
      [...this.sessions].every((session) => session.alone !== index),
    );
    if (slot === undefined || alone === undefined) return;
    this.sessions.add({ slot, alone, live: [], next: 0, file: undefined });
    this.events.arrivals++;
  }

  private cancel(session: Sitting | undefined): void {
    if (session === undefined) return;
    if (session.slot !== undefined) this.shared.clear(session.slot);
    this.alone.clear(session.alone);
    this.sessions.delete(session);
    this.events.cancels++;
  }

  private async park(): Promise<void> {
    const session = this.any((one) => one.slot !== undefined && one.live.length > 0);
    if (session?.slot === undefined) return;
    session.file = join(this.folder, `parked-${String(this.files++ % 64)}-${String(session.alone)}`);
    await this.shared.save(session.slot, session.file);
    this.shared.clear(session.slot);
    session.slot = undefined;
    this.events.parks++;
  }

  private async restore(): Promise<void> {
    const session = this.any((one) => one.slot === undefined);
    const slot = this.emptySlot();
    if (session?.file === undefined || slot === undefined) return;
    if (session.live.length > this.room(this.pools.of(slot))) return;
    await this.shared.load(slot, session.file);
    session.slot = slot;
    this.events.restores++;
  }

  /** Inside a pool the two slots share the cells until the first lets go of them; between pools a file is the way. */
  private async move(): Promise<void> {
    const session = this.any((one) => one.slot !== undefined && one.live.length > 0);
    const target = this.emptySlot();
    if (session?.slot === undefined || target === undefined) return;
    const from = session.slot;
    if (this.pools.of(from) === this.pools.of(target)) {
      await this.shared.copy(from, target);
      this.events['moves inside a pool']++;
    } else {
      if (session.live.length > this.room(this.pools.of(target))) return;
      const file = join(this.folder, 'moved');
      await this.shared.save(from, file);
      await this.shared.load(target, file);
      this.events['moves to another pool']++;
    }
    this.shared.clear(from);
    session.slot = target;
  }

  /** Any run of positions but the last. */
  private evict(session: Sitting): void {
    const { live, slot } = session;
    if (slot === undefined || live.length < 6) return;
    const first = this.roll(live.length - 2);
    const length = 1 + this.roll(live.length - 2 - first);
    const [start = 0, end = 0] = [live[first], (live[first + length - 1] ?? 0) + 1];
    this.shared.evict(slot, start, end);
    this.alone.evict(session.alone, start, end);
    session.live = live.filter((position) => position < start || position >= end);
    this.events.evictions++;
  }

  /** One token of each session that sits in the pools, or the prompt of one that is new; some do nothing. */
  private feeds(): Feed[] {
    const feeds: Feed[] = [];
    const room = Array.from({ length: this.pools.count }, (_, pool) => this.room(pool));
    let isBeside = false;
    for (const session of this.seated()) {
      if (session.live.length > 0 && this.roll(16) === 0) {
        this.events['idle sessions']++;
        continue;
      }
      const length = session.next === 0 ? 1 + this.roll(24) : 1;
      const pool = this.pools.of(session.slot ?? 0);
      if (length > (room[pool] ?? 0)) {
        // Its pool is full. Now and then it tries all the same, below.
        if (session.live.length > 40) this.cancel(session);
        continue;
      }
      room[pool] = (room[pool] ?? 0) - length;
      isBeside ||= length > 1 && feeds.length > 0;
      feeds.push({
        session,
        tokens: Uint32Array.from({ length }, () => this.roll(this.vocabulary)),
      });
    }
    if (isBeside) this.events['prompts beside decode']++;
    return feeds;
  }

  /** With fillers all is one pass; without them the library cuts what is uneven into passes. False: there was no cell, as was to be. */
  private async decodeShared(feeds: readonly Feed[]): Promise<boolean> {
    const fillers = this.roll(3) === 0 ? [] : this.fillersFor(feeds);
    const own = feeds.reduce((sum, { tokens }) => sum + tokens.length, 0);
    // A batch holds no more tokens than the context has cells.
    const fits =
      own + this.pools.cellsEach <= Math.min(BATCH_TOKENS, this.pools.count * this.pools.cellsEach);
    const greedy = fits && fillers.length === 0 && this.roll(20) === 0 ? this.emptySlot() : undefined;
    const extras = [
      ...fillers,
      ...(greedy === undefined ? [] : [{ slot: greedy, count: this.pools.cellsEach }]),
    ];
    this.shared.beginBatch(extras.reduce((sum, { count }) => sum + count, own));
    for (const { session, tokens } of feeds)
      this.shared.add(session.slot ?? 0, session.next, tokens, Uint32Array.of(tokens.length - 1));
    for (const { slot, count } of extras)
      this.shared.add(slot, 0, new Uint32Array(count), new Uint32Array(0));
    try {
      await this.shared.decode();
    } catch (error) {
      // What asks for all the cells of a pool gets none where a neighbour has one; nobody else notices.
      if (!(error instanceof NoCellFree) || greedy === undefined) throw error;
      this.events['refusals for want of cells']++;
      return false;
    }
    for (const { slot } of extras) this.shared.clear(slot);
    this.events[fillers.length > 0 ? 'steps levelled with fillers' : 'other steps']++;
    return true;
  }

  private fillersFor(feeds: readonly Feed[]): { slot: number; count: number }[] {
    const tokens = new Array<number>(this.pools.count).fill(0);
    for (const { session, tokens: row } of feeds) {
      const pool = this.pools.of(session.slot ?? 0);
      tokens[pool] = (tokens[pool] ?? 0) + row.length;
    }
    return missingTokens(tokens).flatMap((count, pool) => {
      const used = new Set(this.seated().map((session) => session.slot));
      const first = this.pools.firstSlot(pool);
      const slot = Array.from({ length: this.pools.slotsEach }, (_, index) => first + index).find(
        (one) => !used.has(one),
      );
      const isPossible = count > 0 && slot !== undefined && count + (tokens[pool] ?? 0) <= this.room(pool);
      return isPossible ? [{ slot, count }] : [];
    });
  }

  private async decodeAlone(feeds: readonly Feed[]): Promise<void> {
    this.alone.beginBatch(feeds.reduce((sum, { tokens }) => sum + tokens.length, 0));
    for (const { session, tokens } of feeds)
      this.alone.add(session.alone, session.next, tokens, Uint32Array.of(tokens.length - 1));
    await this.alone.decode();
  }

  private async compare(feeds: readonly Feed[]): Promise<void> {
    let row = -1;
    for (const { session, tokens } of feeds) {
      row += tokens.length;
      const [inPool, alone] = [
        await this.shared.logits(row, this.sampler, this.probes),
        await this.alone.logits(row, this.sampler, this.probes),
      ];
      for (let index = 0; index < alone.length; index++) {
        const delta = Math.abs((inPool[index] ?? NaN) - (alone[index] ?? NaN));
        if (!(delta <= this.maxDeltaLogit)) this.maxDeltaLogit = delta;
      }
      this.comparedRows++;
      for (let index = 0; index < tokens.length; index++) session.live.push(session.next++);
    }
  }

  private countCells(): void {
    const seated = this.seated().filter((session) => session.live.length > 0);
    const cells = seated.reduce((sum, session) => sum + session.live.length, 0);
    const counted = this.count.count(this.pools.inUse(seated.map((session) => session.slot ?? 0)));
    if (counted !== cells)
      throw new Error(`the engine holds ${String(counted)} cells instead of ${String(cells)}`);
    this.events['cell counts compared']++;
  }

  /** Of a pool, beside what its sessions hold. */
  private room(pool: number): number {
    return this.seated().reduce(
      (cells, session) => (this.pools.of(session.slot ?? 0) === pool ? cells - session.live.length : cells),
      this.pools.jobCells,
    );
  }

  private seated(): Sitting[] {
    return [...this.sessions]
      .filter((session) => session.slot !== undefined)
      .sort((a, b) => (a.slot ?? 0) - (b.slot ?? 0));
  }

  private emptySlot(): number | undefined {
    const used = new Set([...this.sessions].map((session) => session.slot));
    const empty = Array.from({ length: this.shared.slots }, (_, slot) => slot).filter(
      (slot) => !used.has(slot),
    );
    return empty[this.roll(empty.length)];
  }

  private any(suits: (session: Sitting) => boolean = () => true): Sitting | undefined {
    const suitable = [...this.sessions].filter(suits);
    return suitable[this.roll(suitable.length)];
  }
}
