import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OpenStreams } from './open-streams';
import { SseStream } from './sse-stream';

/** As much of a response as a stream touches. */
class FakeResponse extends EventEmitter {
  readonly written: string[] = [];
  writableNeedDrain = false;
  state: 'open' | 'ended' | 'destroyed' = 'open';
  write(text: string): boolean {
    this.written.push(text);
    return !this.writableNeedDrain;
  }
  end(): void {
    this.state = 'ended';
  }
  destroy(): void {
    this.state = 'destroyed';
  }
}

const streamTo = (response: FakeResponse): SseStream => new SseStream(response as unknown as ServerResponse);

describe('open streams', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('are kept alive by comments while nothing happens', async () => {
    const open = new OpenStreams();
    const response = new FakeResponse();
    let finish: () => void = () => undefined;
    const served = open.during(streamTo(response), () => new Promise((resolve) => (finish = resolve)));
    vi.advanceTimersByTime(31_000);
    expect(response.written).toEqual([': keep-alive\n\n', ': keep-alive\n\n']);
    finish();
    await served;
    vi.advanceTimersByTime(31_000);
    expect(response.written).toHaveLength(2);
    expect(open.count).toBe(0);
    open.onModuleDestroy();
  });

  it('are ended when serving fails', async () => {
    const open = new OpenStreams();
    const response = new FakeResponse();
    await expect(open.during(streamTo(response), () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(response.state).toBe('ended');
    expect(open.count).toBe(0);
    open.onModuleDestroy();
  });

  it('do not wait for a client that has stopped reading', async () => {
    const response = new FakeResponse();
    const stream = streamTo(response);
    response.writableNeedDrain = true;
    const sent = stream.send({ id: '1-0', event: { type: 'answer', text: 'x' } });
    stream.end();
    await sent;
    expect(response.state).toBe('destroyed');
  });
});
