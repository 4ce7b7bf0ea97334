import type { Redis } from 'ioredis';
import { isTerminal, type JobEvent, type JobState } from '@gistpool/contracts';
import type { Names } from './names';
import type { Subscriptions } from './subscriptions';
import type { StoredEvent } from './types';

const READ_AT_ONCE = 500;
/** A wake-up can be lost while the connection is away; nothing is ever later than this because of it. */
const LOOK_AGAIN_MS = 2_000;

/**
 * Readers of jobs' event streams. However many there are, they share one subscription connection for wake-ups
 * and one ordinary connection for reading; no reader blocks a connection of its own.
 */
export class EventFeed {
  constructor(
    private readonly redis: Redis,
    private readonly names: Names,
    private readonly subscriptions: Subscriptions,
  ) {}

  async *follow(jobId: string, afterId: string, signal: AbortSignal): AsyncGenerator<StoredEvent> {
    const bell = new Bell();
    const ring = () => bell.ring();
    const channel = this.names.eventsChannel(jobId);
    signal.addEventListener('abort', ring);
    this.subscriptions.onReconnect(ring);
    try {
      // First listen, then read: nothing falls between.
      await untilAborted(this.subscriptions.subscribe(channel, ring), signal);
      let after = /^\d+(-\d+)?$/.test(afterId) ? afterId : '0-0';
      while (!signal.aborted) {
        bell.reset();
        const found = await untilAborted(this.read(jobId, after), signal);
        if (found === undefined) return;
        for (const stored of found.events) {
          if (signal.aborted) return;
          yield stored;
          after = stored.id;
          if (isLast(stored.event)) return;
        }
        if (found.events.length > 0) continue;
        if (found.hasEnded) return;
        await bell.wait(LOOK_AGAIN_MS);
      }
    } finally {
      signal.removeEventListener('abort', ring);
      this.subscriptions.offReconnect(ring);
      this.subscriptions.unsubscribe(channel, ring);
    }
  }

  /** `hasEnded` is read before the events, so that an empty answer with it means there will be no more. */
  private async read(jobId: string, after: string): Promise<{ events: StoredEvent[]; hasEnded: boolean }> {
    const [state, entries] = await Promise.all([
      this.redis.hget(this.names.record(jobId), 'state'),
      this.redis.xrange(this.names.events(jobId), `(${after}`, '+', 'COUNT', READ_AT_ONCE),
    ]);
    const events = entries.flatMap(([id, fields]): StoredEvent[] =>
      fields[1] === undefined ? [] : [{ id, event: JSON.parse(fields[1]) as JobEvent }],
    );
    return { events, hasEnded: state === null || isTerminal(state as JobState) };
  }
}

const isLast = (event: JobEvent): boolean => event.type === 'state' && isTerminal(event.state);

/** A wake-up that is not lost when it comes before the wait. */
class Bell {
  private hasRung = false;
  private wake: (() => void) | undefined;

  ring(): void {
    this.hasRung = true;
    this.wake?.();
  }

  reset(): void {
    this.hasRung = false;
  }

  async wait(atMostMs: number): Promise<void> {
    if (this.hasRung) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, atMostMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }
}

/** A command may wait long for Redis to come back; its asker need not. Undefined when the signal came first. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) {
    work.catch(() => undefined);
    return Promise.resolve(undefined);
  }
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
