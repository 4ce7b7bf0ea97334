import type { AnswerLogprob, JobEvent } from '@gistpool/contracts';
import { LeaseLost, type Lease } from '@gistpool/queue';

type Change = NonNullable<Parameters<Lease['report']>[1]>;

/** Text alone may wait so long for company; everything else leaves at once. */
const TEXT_DELAY_MS = 100;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2000;
/** A write that Redis itself refuses so often will not get better. */
const MAX_REFUSALS = 5;

export interface OutboxEnd {
  /** `written`: the last write was made. `lost`: the lease is gone, or could not be used any more. */
  readonly kind: 'written' | 'lost';
  readonly error?: Error;
}

/**
 * What a worker says about one job: written in order, one write at a time, beside the decode loop.
 * While a write is under way, what follows is gathered into the next one; so a slow or absent Redis
 * costs memory but never decode time.
 */
export class Outbox {
  readonly ended: Promise<OutboxEnd>;
  private end: (end: OutboxEnd) => void = () => undefined;
  private events: JobEvent[] = [];
  private change: Change | undefined;
  private chars = 0;
  private isUrgent = false;
  private lastWrite: (() => Promise<void>) | undefined;
  private isWriting = false;
  private isOver = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly idleWaiters: (() => void)[] = [];

  constructor(
    private readonly lease: Lease,
    private readonly onTrouble: (error: Error) => void = () => undefined,
  ) {
    this.ended = new Promise((resolve) => (this.end = resolve));
  }

  /** Characters that wait to be written. */
  get backlogChars(): number {
    return this.chars;
  }

  get isClosing(): boolean {
    return this.lastWrite !== undefined || this.isOver;
  }

  text(thought: number, text: string, logprobs: readonly AnswerLogprob[] = []): void {
    if (this.isClosing) return;
    const previous = this.events.at(-1);
    const isMore = previous?.type === 'text' && previous.thought === thought;
    const all = [...((isMore && previous.logprobs) || []), ...logprobs];
    const event: JobEvent = {
      type: 'text',
      thought,
      text: (isMore ? previous.text : '') + text,
      ...(all.length > 0 && { logprobs: all }),
    };
    if (isMore) this.events[this.events.length - 1] = event;
    else this.events.push(event);
    this.chars += text.length;
    this.timer ??= setTimeout(() => this.flush(), TEXT_DELAY_MS);
  }

  report(events: readonly JobEvent[], change?: Change): void {
    if (this.isClosing) return;
    this.events.push(...events);
    if (change !== undefined) this.change = { ...this.change, ...change };
    this.chars += JSON.stringify(events).length;
    this.flush();
  }

  /** The last write; nothing is taken after it. */
  close(lastWrite: () => Promise<void>): void {
    if (this.isClosing) return;
    this.lastWrite = lastWrite;
    this.flush();
  }

  /** Writes nothing any more. */
  abandon(error: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timer);
    this.events = [];
    this.chars = 0;
    this.end({ kind: 'lost', error });
    this.wakeIdleWaiters();
  }

  /** Resolves when all that was said so far is written, or never will be. */
  async idle(): Promise<void> {
    this.flush();
    if (this.isOver || (!this.isWriting && this.events.length === 0 && this.change === undefined)) return;
    await new Promise<void>((resolve) => this.idleWaiters.push(resolve));
  }

  private flush(): void {
    this.isUrgent = true;
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.isWriting && !this.isOver) void this.write();
  }

  private async write(): Promise<void> {
    this.isWriting = true;
    try {
      while (this.isUrgent && !this.isOver) {
        this.isUrgent = false;
        const { events, change } = this;
        if (events.length > 0 || change !== undefined) {
          this.events = [];
          this.change = undefined;
          this.chars = 0;
          await this.insist(() => this.lease.report(events, change));
        }
        if (this.lastWrite !== undefined && this.events.length === 0) {
          await this.insist(this.lastWrite);
          this.isOver = true;
          this.end({ kind: 'written' });
        }
      }
    } catch (error) {
      this.abandon(error as Error);
    } finally {
      this.isWriting = false;
      this.wakeIdleWaiters();
    }
  }

  private wakeIdleWaiters(): void {
    for (const wake of this.idleWaiters.splice(0)) wake();
  }

  /** A lost lease ends it; a connection that is down is waited for. */
  private async insist(write: () => Promise<void>): Promise<void> {
    let refusals = 0;
    for (let pauseMs = FIRST_RETRY_MS; !this.isOver; pauseMs = Math.min(pauseMs * 2, LAST_RETRY_MS)) {
      try {
        return await write();
      } catch (error) {
        if (error instanceof LeaseLost) throw error;
        this.onTrouble(error as Error);
        if ((error as Error).name === 'ReplyError' && ++refusals >= MAX_REFUSALS) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
