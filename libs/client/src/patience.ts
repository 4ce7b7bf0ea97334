const FIRST_MS = 250;
const LONGEST_MS = 30_000;

/** What may be asked again as it is: the pool has too much to do, or part of it is away. */
export const mayPass = (status: number): boolean => status === 429 || status === 503;

/** How long to wait before try `number` (from 1) is made again: what the pool says, else twice as long each time. */
export function pauseMs(
  number: number,
  retryAfter: string | null,
  nowMs = Date.now(),
  dice = Math.random(),
): number {
  const asked = retryAfter === null ? undefined : askedMs(retryAfter, nowMs);
  if (asked !== undefined) return asked;
  const ms = Math.min(LONGEST_MS, FIRST_MS * 2 ** (number - 1));
  return ms * (0.5 + dice / 2);
}

/** Seconds or a date, as HTTP has it. */
function askedMs(retryAfter: string, nowMs: number): number | undefined {
  if (/^\d+(\.\d+)?$/.test(retryAfter.trim())) return Number(retryAfter) * 1000;
  const atMs = Date.parse(retryAfter);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

/** Ends early, with its reason, when the signal comes. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
