const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Two units at most: `430 ms`, `12.3 s`, `4 min 5 s`, `3 h 20 min`. */
export function duration(ms: number): string {
  if (ms < SECOND_MS) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < MINUTE_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  if (ms < HOUR_MS) return both(ms, MINUTE_MS, 'min', SECOND_MS, 's');
  if (ms < DAY_MS) return both(ms, HOUR_MS, 'h', MINUTE_MS, 'min');
  return both(ms, DAY_MS, 'd', HOUR_MS, 'h');
}

function both(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const rest = Math.floor((ms % largeMs) / smallMs);
  return `${Math.floor(ms / largeMs)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** Roughly, in one unit. */
export function ago(atMs: number, nowMs: number): string {
  const ms = nowMs - atMs;
  if (ms < SECOND_MS) return 'just now';
  const [unitMs, unit] =
    ms < MINUTE_MS
      ? [SECOND_MS, 's']
      : ms < HOUR_MS
        ? [MINUTE_MS, 'min']
        : ms < DAY_MS
          ? [HOUR_MS, 'h']
          : [DAY_MS, 'd'];
  return `${Math.floor(ms / unitMs)} ${unit} ago`;
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const dateAndClock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** The time of day; the date too where it is another day. */
export const moment = (atMs: number, nowMs: number): string =>
  (new Date(atMs).toDateString() === new Date(nowMs).toDateString() ? clock : dateAndClock).format(atMs);
