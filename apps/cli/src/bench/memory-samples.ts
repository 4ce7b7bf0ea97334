import { rounded } from '../view/format';
import { median } from './statistics';

/** One look at one process. */
export interface MemorySample {
  /** Since the load began. */
  readonly atMs: number;
  readonly pid: number;
  readonly rssBytes: number;
}

export interface MemoryFigures {
  readonly process: string;
  /** A process that was started again begins anew, and its figures say nothing. */
  readonly starts: number;
  readonly early_rss_bytes: number;
  readonly end_rss_bytes: number;
  readonly most_rss_bytes: number;
  /** End by early: 1 = flat. */
  readonly ratio: number;
}

/** A single look may fall between two garbage collections. */
const WINDOW_MS = 60_000;

/** The median of the minute that ends `earlyMs` after the load began, against that of the last minute. */
export function memoryFigures(
  process: string,
  samples: readonly MemorySample[],
  earlyMs: number,
): MemoryFigures {
  const endMs = samples.at(-1)?.atMs ?? 0;
  const windowMs = Math.min(WINDOW_MS, endMs / 4);
  const around = (toMs: number) =>
    median(
      samples.filter(({ atMs }) => atMs > toMs - windowMs && atMs <= toMs).map(({ rssBytes }) => rssBytes),
    );
  const early = around(earlyMs);
  const end = around(endMs);
  return {
    process,
    starts: new Set(samples.map(({ pid }) => pid)).size,
    early_rss_bytes: early,
    end_rss_bytes: end,
    most_rss_bytes: Math.max(...samples.map(({ rssBytes }) => rssBytes)),
    ratio: rounded(end / early, 4),
  };
}

/** A part of a pool whose memory grew by more than `limit` (0.05 = 5 %), or that was started again. */
export const hasGrown = ({ ratio, starts }: MemoryFigures, limit: number): boolean =>
  starts !== 1 || !(ratio <= 1 + limit);
