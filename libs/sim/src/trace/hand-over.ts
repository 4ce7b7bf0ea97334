import { bisectRight, median } from 'd3-array';

/** A session in a pool: when its job came, when it began to be decoded, when it ended. */
export interface Span {
  readonly card: string;
  readonly arrivedMs: number;
  readonly startedMs: number;
  readonly endedMs: number;
}

/**
 * From the end of a session until the next begins in its place: the median, over sessions whose jobs were waiting when the
 * last session of their card ended, of the time since then. 0 where no job had to wait.
 */
export function handOverMs(spans: readonly Span[]): number {
  const gaps: number[] = [];
  for (const card of new Set(spans.map((span) => span.card))) {
    const here = spans.filter((span) => span.card === card);
    const ends = here.map(({ endedMs }) => endedMs).sort((a, b) => a - b);
    for (const { arrivedMs, startedMs } of here) {
      const last = ends[bisectRight(ends, startedMs) - 1];
      if (last !== undefined && arrivedMs < last) gaps.push(startedMs - last);
    }
  }
  return median(gaps) ?? 0;
}
