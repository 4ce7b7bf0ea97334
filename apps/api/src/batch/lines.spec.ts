import { describe, expect, it } from 'vitest';
import { readLines } from './lines';

async function linesOf(chunks: readonly (string | Buffer)[], maxBytes = 10) {
  async function* source() {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const lines: [number, string | number][] = [];
  for await (const line of readLines(source(), maxBytes)) {
    lines.push([line.number, line.kind === 'bytes' ? line.bytes.toString() : line.length]);
  }
  return lines;
}

describe('cutting a stream into lines', () => {
  it('gives the same lines however the stream is cut', async () => {
    const text = '\ufeffab\r\n\n€uro\n  \nlast';
    const expected = [
      [1, 'ab'],
      [3, '€uro'],
      [5, 'last'],
    ];
    expect(await linesOf([text])).toEqual(expected);
    expect(await linesOf([...Buffer.from(text)].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it('says how long a line was that is too long, and goes on with the next', async () => {
    expect(await linesOf(['a\n', 'x'.repeat(500), 'x'.repeat(500), '\nb'])).toEqual([
      [1, 'a'],
      [2, 1000],
      [3, 'b'],
    ]);
  });

  it('takes the longest line that is allowed, and not one byte more', async () => {
    expect(await linesOf(['1234567890\n12345678901\n'])).toEqual([
      [1, '1234567890'],
      [2, 11],
    ]);
  });

  it('takes a byte order mark away at the start only', async () => {
    expect(await linesOf(['\ufeffa\n\ufeffb'])).toEqual([
      [1, 'a'],
      [2, '\ufeffb'],
    ]);
  });

  it('has nothing to say about an empty stream', async () => {
    expect(await linesOf([])).toEqual([]);
    expect(await linesOf(['', '\n\r\n'])).toEqual([]);
  });
});
