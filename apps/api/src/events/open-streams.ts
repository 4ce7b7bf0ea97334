import { Injectable, type BeforeApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import type { SseStream } from './sse-stream';

const KEEP_ALIVE_MS = 15_000;

/** Every listening client: one timer keeps all of them alive, and the end of the process ends them all. */
@Injectable()
export class OpenStreams implements OnModuleDestroy, BeforeApplicationShutdown {
  private readonly streams = new Set<SseStream>();
  private readonly timer = setInterval(() => this.keepAlive(), KEEP_ALIVE_MS).unref();

  get count(): number {
    return this.streams.size;
  }

  /** Runs `serve` with the stream in the set, and takes it out and ends it whatever happens. */
  async during(stream: SseStream, serve: () => Promise<void>): Promise<void> {
    this.streams.add(stream);
    try {
      await serve();
    } finally {
      this.streams.delete(stream);
      stream.end();
    }
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.endAll();
  }

  /** Again, for those who came in between. */
  beforeApplicationShutdown(): void {
    this.endAll();
  }

  private keepAlive(): void {
    for (const stream of this.streams) stream.keepAlive();
  }

  private endAll(): void {
    for (const stream of this.streams) stream.end();
  }
}
