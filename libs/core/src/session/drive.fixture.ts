import type { Session } from './session';
import type { PositionRange, SessionEvent, TokenId } from './types';

/** The plainest model of a lane's cache: which token is at which position. */
export class ModelCache {
  readonly cells = new Map<number, TokenId>();
  readonly fedPositions: number[] = [];
  readonly evicted: { readonly position: number; readonly token: TokenId }[] = [];
  /** What each sampled token was computed from: positions and tokens, as text. */
  readonly seen: string[] = [];
  peak = 0;

  feed(position: number, token: TokenId): void {
    this.cells.set(position, token);
    this.fedPositions.push(position);
    this.peak = Math.max(this.peak, this.cells.size);
  }

  remove(range: PositionRange): void {
    for (let position = range.start; position < range.end; position += 1) {
      const token = this.cells.get(position);
      if (token === undefined) throw new Error(`position ${position} was evicted but is not in the cache`);
      this.cells.delete(position);
      this.evicted.push({ position, token });
    }
  }

  look(): void {
    this.seen.push([...this.cells].map(([position, token]) => `${position}:${token}`).join(' '));
  }
}

export interface Drive {
  readonly cache: ModelCache;
  readonly events: SessionEvent[];
  /** True when the session ended; false when the source ran dry. */
  readonly isDone: boolean;
}

export interface DriveOptions {
  /** How many tokens of a row to feed at once. */
  readonly chunk?: (length: number) => number;
  /** Called after each feed and its evictions. */
  readonly afterFeed?: (cache: ModelCache) => void;
  /** The negative control: a lane that forgets to evict. */
  readonly skipsEviction?: boolean;
  readonly stopWhen?: () => boolean;
}

/** Plays the lane: feeds, evicts, samples from `source` (by number of the sampled token), until the end. */
export function drive(
  session: Session,
  source: (sampledSoFar: number) => TokenId | undefined,
  options: DriveOptions = {},
): Drive {
  const cache = new ModelCache();
  const events: SessionEvent[] = [];
  for (;;) {
    if (options.stopWhen?.()) return { cache, events, isDone: session.phase === 'done' };
    const feed = session.nextFeed();
    if (!feed) return { cache, events, isDone: session.phase === 'done' };
    if (events.some((event) => event.kind === 'finish')) throw new Error('a feed follows the finish');
    const isRow = feed.kind === 'row';
    const tokens = isRow ? feed.tokens : [feed.token];
    const first = isRow ? feed.firstPosition : feed.position;
    const count = isRow
      ? Math.max(1, Math.min(tokens.length, options.chunk?.(tokens.length) ?? tokens.length))
      : 1;
    tokens.slice(0, count).forEach((token, index) => cache.feed(first + index, token));
    const hasLogits = feed.wantsLogits && count === tokens.length;
    if (hasLogits) cache.look();
    const result = session.fed(count);
    if (!options.skipsEviction) result.evict.forEach((range) => cache.remove(range));
    events.push(...result.events);
    options.afterFeed?.(cache);
    if (!hasLogits) continue;
    const token = source(session.checkpoint().sampled.length);
    if (token === undefined) return { cache, events, isDone: false };
    events.push(...session.sampled(token));
  }
}
