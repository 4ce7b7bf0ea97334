import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEvents, type ServerSentEvent } from './sse';

const STREAM =
  ': keep-alive\n\nid: 1-0\nevent: text\ndata: {"text":"ü €"}\n\nid: 2-0\r\nevent: answer\r\ndata: a\r\ndata: b\r\n\r\ndata: cut off';

async function read(chunks: readonly Uint8Array[]): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  for await (const event of readEvents(
    (async function* () {
      yield* chunks;
    })(),
  )) {
    events.push(event);
  }
  return events;
}

describe('reading server-sent events', () => {
  it('gives the same events however the stream is cut', async () => {
    const bytes = new TextEncoder().encode(STREAM);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index] ?? 0, end));
        expect(await read(chunks)).toEqual([
          { id: '1-0', event: 'text', data: '{"text":"ü €"}' },
          { id: '2-0', event: 'answer', data: 'a\nb' },
        ]);
      }),
    );
  });
});
