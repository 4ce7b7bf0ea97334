import { type FileHandle, open } from 'node:fs/promises';

/** Bytes of GGUF's scalar metadata types, by type number; strings (8) and arrays (9) have a length of their own. */
const SCALAR_BYTES: readonly (number | undefined)[] = [1, 1, 2, 2, 4, 4, 4, 1, undefined, undefined, 8, 8, 8];
const STRING = 8;
const ARRAY = 9;
const WINDOW_BYTES = 1 << 20;

/**
 * Walks a GGUF header without keeping anything and says what is wrong with it; undefined when all of it is there. A
 * header that is cut off or has a wild length must be found before it is parsed: a parser would run on for ever.
 */
export async function faultOfHeader(path: string): Promise<string | undefined> {
  const file = await open(path, 'r');
  try {
    await new HeaderWalk(file, (await file.stat()).size).walk();
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  } finally {
    await file.close();
  }
}

class Fault extends Error {}

class HeaderWalk {
  private readonly window = Buffer.alloc(WINDOW_BYTES);
  private windowStart = 0;
  private windowEnd = 0;
  private at = 0;

  constructor(
    private readonly file: FileHandle,
    private readonly size: number,
  ) {}

  async walk(): Promise<void> {
    if (this.size < 4 || (await this.bytes(4)).toString('latin1') !== 'GGUF') {
      throw new Fault(`not a GGUF file: it does not begin with "GGUF" (${String(this.size)} bytes)`);
    }
    const version = (await this.bytes(4)).readUInt32LE();
    if (version < 2 || version > 3)
      throw new Fault(`GGUF version ${String(version)} is not supported; this engine reads 2 and 3`);
    const tensors = await this.length();
    const entries = await this.length();
    for (let entry = 0; entry < entries; entry++) {
      this.skip(await this.length());
      await this.skipValue((await this.bytes(4)).readUInt32LE());
    }
    for (let tensor = 0; tensor < tensors; tensor++) {
      this.skip(await this.length());
      const dimensions = (await this.bytes(4)).readUInt32LE();
      this.skip(dimensions * 8 + 4 + 8);
    }
  }

  private async skipValue(type: number): Promise<void> {
    if (type === STRING) {
      this.skip(await this.length());
      return;
    }
    if (type !== ARRAY) {
      this.skip(this.scalarBytes(type));
      return;
    }
    const elementType = (await this.bytes(4)).readUInt32LE();
    const count = await this.length();
    if (elementType === STRING || elementType === ARRAY) {
      for (let element = 0; element < count; element++) await this.skipValue(elementType);
    } else this.skip(count * this.scalarBytes(elementType));
  }

  private scalarBytes(type: number): number {
    const bytes = SCALAR_BYTES[type];
    if (bytes === undefined)
      throw new Fault(
        `the GGUF header is broken: value type ${String(type)} at byte ${String(this.at)} does not exist`,
      );
    return bytes;
  }

  /** A count or length; nothing in a file can be longer than the file. */
  private async length(): Promise<number> {
    const length = Number((await this.bytes(8)).readBigUInt64LE());
    if (length > this.size) {
      throw new Fault(
        `the GGUF header is broken or cut off: it speaks of ${String(length)} at byte ${String(this.at - 8)} of a file of ${String(this.size)} bytes`,
      );
    }
    return length;
  }

  private skip(bytes: number): void {
    this.at += bytes;
    if (this.at > this.size) {
      throw new Fault(
        `the GGUF header is cut off: it goes on to byte ${String(this.at)} at least, the file has ${String(this.size)} bytes`,
      );
    }
  }

  private async bytes(count: number): Promise<Buffer> {
    const start = this.at;
    this.skip(count);
    if (start < this.windowStart || this.at > this.windowEnd) {
      const { bytesRead } = await this.file.read(this.window, 0, WINDOW_BYTES, start);
      this.windowStart = start;
      this.windowEnd = start + bytesRead;
    }
    return this.window.subarray(start - this.windowStart, this.at - this.windowStart);
  }
}
