import type { Feed, PositionRange, SessionEvent, TokenId } from './types';

/** Why a token is fed: it is the prompt's, it was sampled, or compression puts it there (splitter, gist, continue). */
export type StepRole = 'prompt' | 'sampled' | 'compress';

interface Step {
  readonly token: TokenId;
  readonly position: number;
  readonly role: StepRole;
  /** Ranges that go when this token is in the cache. */
  evict: readonly PositionRange[];
  /** Number of the thought whose compression this step completes. */
  compresses?: number;
  /** The cells that are live after this step are the floor of the next thought. */
  setsFloor: boolean;
}

const size = (range: PositionRange): number => range.end - range.start;
const total = (ranges: readonly PositionRange[]): number =>
  ranges.reduce((sum, range) => sum + size(range), 0);

/**
 * What is still to be fed, in order, and what is in the cache.
 *
 * Planning and feeding are apart: a replay plans its whole span at once and feeds it in rows, a running session plans
 * what follows from one sampled token and feeds it token by token. Both go through the same steps, so both hold the
 * same cells at the same positions. Positions are counted up and never renumbered.
 */
export class Timeline {
  private steps: Step[] = [];
  private head = 0;
  private live = 0;
  private peak = 0;
  private floorCells = 0;
  private planned = 0;
  private next = 0;
  private rowsEnd = 0;
  private rowsPeak = 0;
  private toldFrom = 0;
  private compressionsFed = 0;

  /** Cells in the cache now. */
  get liveCells(): number {
    return this.live;
  }

  /** Most cells that were in the cache at any time; taken after a feed and before what it evicts. */
  get peakCells(): number {
    return this.peak;
  }

  get floor(): number {
    return this.floorCells;
  }

  /** Cells that will be in the cache when all that is planned is fed. */
  get plannedCells(): number {
    return this.planned;
  }

  /** Most cells in the cache until the last row is fed. */
  get rowsPeakCells(): number {
    return this.rowsPeak;
  }

  /** The position of the token planned next. */
  get nextPosition(): number {
    return this.next;
  }

  get compressions(): number {
    return this.compressionsFed;
  }

  get isDrained(): boolean {
    return this.head === this.steps.length;
  }

  /** What the next step is; undefined: all is fed. */
  get pending(): { readonly role: StepRole; readonly isRow: boolean } | undefined {
    const step = this.steps[this.head];
    return step && { role: step.role, isRow: step.position < this.rowsEnd };
  }

  plan(token: TokenId, role: StepRole): number {
    const position = this.next;
    this.steps.push({ token, position, role, evict: [], setsFloor: false });
    this.next += 1;
    this.planned += 1;
    return position;
  }

  /** The ranges go as soon as the token planned last is in the cache. */
  evictAfterLast(ranges: readonly PositionRange[]): void {
    const last = this.steps.at(-1);
    if (!last || ranges.length === 0) return;
    last.evict = [...last.evict, ...ranges];
    this.planned -= total(ranges);
  }

  compressAfterLast(thought: number): void {
    const last = this.steps.at(-1);
    if (last) last.compresses = thought;
  }

  floorAfterLast(): void {
    const last = this.steps.at(-1);
    if (last) last.setsFloor = true;
  }

  /** All that is planned so far is fed in rows and tells no events, but for compressions from number `toldFrom` on. */
  endRows(toldFrom: number): void {
    this.rowsEnd = this.next;
    this.toldFrom = toldFrom;
    let cells = 0;
    for (const { evict } of this.steps) {
      cells += 1;
      this.rowsPeak = Math.max(this.rowsPeak, cells);
      cells -= total(evict);
    }
  }

  /** Drops what was planned at or after `position`: the session ended before it would have been fed. Nothing is planned after it. */
  dropFrom(position: number): void {
    while (!this.isDrained && (this.steps.at(-1)?.position ?? -1) >= position) this.steps.pop();
    this.next = Math.min(this.next, position);
  }

  drop(): void {
    const step = this.steps[this.head];
    if (step) this.dropFrom(step.position);
  }

  /** A row ends at the first step that evicts: nothing after it may see what is gone. */
  nextFeed(awaitsLogits: boolean): Feed | undefined {
    const first = this.steps[this.head];
    if (!first) return undefined;
    const end = this.feedEnd(first);
    const wantsLogits = awaitsLogits && end === this.steps.length;
    if (first.position >= this.rowsEnd) {
      return { kind: 'token', position: first.position, token: first.token, wantsLogits };
    }
    const tokens = this.steps.slice(this.head, end).map((step) => step.token);
    return { kind: 'row', firstPosition: first.position, tokens, wantsLogits };
  }

  /** The first `count` tokens of the current feed are in the cache. */
  fed(count: number): { evict: PositionRange[]; events: SessionEvent[] } {
    const first = this.steps[this.head];
    const length = first ? this.feedEnd(first) - this.head : 0;
    if (!Number.isInteger(count) || count < 0 || count > length) {
      throw new RangeError(`${count} tokens were reported as fed; the current feed holds ${length}`);
    }
    const evict: PositionRange[] = [];
    const events: SessionEvent[] = [];
    for (const step of this.steps.slice(this.head, this.head + count)) {
      this.live += 1;
      this.peak = Math.max(this.peak, this.live);
      const cellsBefore = this.live;
      this.live -= total(step.evict);
      evict.push(...step.evict);
      if (step.setsFloor) this.floorCells = this.live;
      if (step.compresses !== undefined) {
        this.compressionsFed += 1;
        if (step.position >= this.rowsEnd || step.compresses >= this.toldFrom) {
          events.push({ kind: 'compression', thought: step.compresses, cellsBefore, cellsAfter: this.live });
        }
      }
    }
    this.head += count;
    if (this.isDrained) {
      this.steps = [];
      this.head = 0;
    }
    return { evict, events };
  }

  private feedEnd(first: Step): number {
    if (first.position >= this.rowsEnd) return this.head + 1;
    for (let index = this.head; index < this.steps.length; index += 1) {
      if ((this.steps[index]?.evict.length ?? 0) > 0) return index + 1;
    }
    return this.steps.length;
  }
}
