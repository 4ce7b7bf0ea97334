/** A stay in a slot, milliseconds on any one clock. */
export interface Stay {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Occupancy {
  /** Over the time from `startMs` to the end of the last stay. */
  readonly mean: number;
  /** As long as somebody waited: over the time from the first begin to the last; all of them where nobody waited. */
  readonly whileWaiting: number;
  readonly peak: number;
}

/** How many stayed at once. One that begins as another ends does not meet it. */
export function occupancyOf(stays: readonly Stay[], startMs: number): Occupancy {
  const spanMs = Math.max(...stays.map(({ toMs }) => toMs)) - startMs;
  const stayedMs = stays.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const turns = stays
    .flatMap(({ fromMs, toMs }) => [
      { atMs: fromMs, change: 1 },
      { atMs: toMs, change: -1 },
    ])
    .sort((a, b) => a.atMs - b.atMs || a.change - b.change);
  let now = 0;
  let peak = 0;
  for (const { change } of turns) {
    now += change;
    peak = Math.max(peak, now);
  }
  return { mean: stays.length === 0 ? 0 : stayedMs / spanMs, whileWaiting: whileWaiting(stays, peak), peak };
}

function whileWaiting(stays: readonly Stay[], peak: number): number {
  const firstMs = Math.min(...stays.map(({ fromMs }) => fromMs));
  const lastMs = Math.max(...stays.map(({ fromMs }) => fromMs));
  if (stays.every(({ toMs }) => toMs > lastMs)) return peak;
  const stayedMs = stays.reduce((sum, { fromMs, toMs }) => sum + Math.min(toMs, lastMs) - fromMs, 0);
  return stayedMs / (lastMs - firstMs);
}
