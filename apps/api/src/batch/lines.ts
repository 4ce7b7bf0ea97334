export type Line =
  | { readonly number: number; readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly number: number; readonly kind: 'too-long'; readonly length: number };

const LF = 0x0a;
const CR = 0x0d;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Cuts a byte stream into lines, numbered from 1; blank ones count but are not given out.
 * Holds at most one line of `maxBytes`: what is longer is read past, and given out as its length only.
 */
export async function* readLines(source: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Line> {
  const line = new LineBuffer(maxBytes);
  let number = 1;
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      line.add(chunk.subarray(start, end));
      const finished = line.take(number);
      if (finished !== undefined) yield finished;
      number += 1;
      start = end + 1;
    }
    line.add(chunk.subarray(start));
  }
  const last = line.take(number);
  if (last !== undefined) yield last;
}

class LineBuffer {
  private parts: Buffer[] = [];
  private length = 0;

  constructor(private readonly maxBytes: number) {}

  add(part: Buffer): void {
    if (part.length === 0) return;
    this.length += part.length;
    if (this.length > this.maxBytes + BOM.length + 1) this.parts = [];
    else this.parts.push(part);
  }

  /** The line so far, without its byte order mark and carriage return; undefined for a blank one. */
  take(number: number): Line | undefined {
    const { parts, length } = this;
    this.parts = [];
    this.length = 0;
    if (length > this.maxBytes + BOM.length + 1) return { number, kind: 'too-long', length };
    const bytes = trimmed(Buffer.concat(parts), number);
    if (bytes.length > this.maxBytes) return { number, kind: 'too-long', length: bytes.length };
    return isBlank(bytes) ? undefined : { number, kind: 'bytes', bytes };
  }
}

function trimmed(bytes: Buffer, number: number): Buffer {
  const start = number === 1 && bytes.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
  const end = bytes.at(-1) === CR ? bytes.length - 1 : bytes.length;
  return bytes.subarray(start, Math.max(start, end));
}

const isBlank = (bytes: Buffer): boolean =>
  bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === CR);
