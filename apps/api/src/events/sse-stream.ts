import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { StoredEvent } from '@gistpool/queue';

export const EVENT_STREAM = 'text/event-stream; charset=utf-8';

/** One client that listens. Ends when the job does, when the client goes, or when the process stops. */
export class SseStream {
  private readonly gone = new AbortController();

  constructor(private readonly response: ServerResponse) {
    response.once('close', () => this.gone.abort());
    response.on('error', () => this.gone.abort());
  }

  /** Aborts when nobody listens any more. */
  get signal(): AbortSignal {
    return this.gone.signal;
  }

  open(): void {
    this.response.writeHead(200, {
      'content-type': EVENT_STREAM,
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    this.response.write('retry: 1000\n\n');
  }

  send({ id, event }: StoredEvent): Promise<void> {
    return this.write(`id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  /** `data` without line breaks, as an event without a name. */
  sendData(data: string): Promise<void> {
    return this.write(`data: ${data}\n\n`);
  }

  /** Resolves when the client has taken it, so that a slow client holds no more than a few events here. */
  private async write(text: string): Promise<void> {
    if (this.signal.aborted || this.response.write(text)) return;
    await once(this.response, 'drain', { signal: this.signal }).catch(() => undefined);
  }

  keepAlive(): void {
    if (!this.signal.aborted) this.response.write(': keep-alive\n\n');
  }

  /** A client that has stopped reading is not waited for. */
  end(): void {
    this.gone.abort();
    if (this.response.writableNeedDrain) this.response.destroy();
    else this.response.end();
  }
}
