import type { Dispatch } from '@gistpool/queue';
import { Scheduler, type SchedulerOptions } from './scheduler';

/** In the time that the lead lasts. */
const STANDBY_LOOKS = 6;
/** What a lost wake-up costs at most. */
const LOOK_AGAIN_MS = 250;
/** How long a stop waits for Redis to take back what is held; leases run out by themselves. */
const STOP_WITHIN_MS = 3_000;
const AFTER_ERROR_MS = 1_000;

/** Rounds until the signal: one after each change, or after a while; then gives back, resigns, and closes. */
export async function runScheduler(
  dispatch: Dispatch,
  options: SchedulerOptions & {
    readonly leadMs: number;
    /** Told after each round that came to its end. */
    readonly onRound?: () => void;
  },
  signal: AbortSignal,
): Promise<void> {
  const scheduler = new Scheduler(dispatch, options);
  const wake = new Wake();
  dispatch.onChange(() => wake.up());
  signal.addEventListener('abort', () => wake.up());

  const looping = (async () => {
    while (!signal.aborted) {
      wake.reset();
      try {
        const startedAtMs = performance.now();
        const outcome = await scheduler.round();
        options.metrics?.round(outcome, performance.now() - startedAtMs, scheduler.held);
        options.onRound?.();
        if (outcome === 'idle') await wake.wait(LOOK_AGAIN_MS);
        // Changes are the leader's business; a standby looks whether there is still one.
        if (outcome === 'standby') await wake.waitFor(signal, options.leadMs / STANDBY_LOOKS);
      } catch (error) {
        if (signal.aborted) break;
        options.logger.error({ error: String(error) }, 'a round broke off; trying again');
        await wake.waitFor(signal, AFTER_ERROR_MS);
      }
    }
    await scheduler.stop();
    options.metrics?.stopped();
  })();
  // While Redis is away every command waits for it, and so would the stop.
  const gaveUp = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => setTimeout(resolve, STOP_WITHIN_MS).unref());
  });
  await Promise.race([looping, gaveUp]);
  looping.catch(() => undefined);
  await dispatch.close();
}

/** A wake-up that is not lost when it comes before the wait. */
class Wake {
  private isUp = false;
  private resolve: (() => void) | undefined;

  up(): void {
    this.isUp = true;
    this.resolve?.();
  }

  reset(): void {
    this.isUp = false;
  }

  async wait(atMostMs: number): Promise<void> {
    if (this.isUp) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, atMostMs);
      this.resolve = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.resolve = undefined;
  }

  /** Waits out the time whatever changes; only the signal ends it. */
  async waitFor(signal: AbortSignal, ms: number): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const stop = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const timer = setTimeout(stop, ms);
      signal.addEventListener('abort', stop);
    });
  }
}
