import type { Log } from './log';
import type { Pool } from './pool';

/** Looks for work every so often, or when it is rung for; one look at a time. */
export class Lookout {
  private readonly stopping = new AbortController();
  private looking: Promise<void> | undefined;
  private wake: () => void = () => undefined;
  private hasRung = false;

  constructor(
    private readonly pool: Pool,
    private readonly log: Log,
    private readonly what: string,
    private readonly everyMs: number,
    private readonly look: (signal: AbortSignal) => Promise<void>,
  ) {}

  start(): void {
    this.looking = this.loop();
  }

  /** Resolves when the look that is under way has ended. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.looking;
  }

  ring(): void {
    this.hasRung = true;
    this.wake();
  }

  private async loop(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      this.hasRung = false;
      // While Redis is away a command would wait for its return, and a stop for the command.
      if (this.pool.isReachable)
        await this.look(signal).catch((error: unknown) =>
          this.log.to.warn({ err: error }, `${this.what} could not be looked after`),
        );
      if (this.hasRung || signal.aborted) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.everyMs);
        timer.unref();
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
