import type { BlobStore } from '@gistpool/blob';
import type { BatchOutputLine } from '@gistpool/contracts';

export type Part = 'output' | 'error';

/** By key is by number. */
const DIGITS = 6;

/** Results of a batch, block by block, until its files are made of them. Written again, a block says the same. */
export class Segments {
  constructor(
    private readonly blobs: BlobStore,
    private readonly batchId: string,
  ) {}

  async write(block: number, lines: readonly BatchOutputLine[]): Promise<void> {
    const bad = lines.filter((line) => line.error !== null);
    const good = lines.filter((line) => line.error === null);
    await Promise.all([this.put('output', block, good), this.put('error', block, bad)]);
  }

  async isEmpty(part: Part): Promise<boolean> {
    for await (const _entry of this.blobs.list(this.folder(part))) return false;
    return true;
  }

  /** All blocks in their order, one after the other. */
  async *read(part: Part): AsyncGenerator<Buffer> {
    for await (const { key } of this.blobs.list(this.folder(part))) {
      const stream = await this.blobs.read(key);
      if (stream !== undefined) yield* stream as AsyncIterable<Buffer>;
    }
  }

  async delete(): Promise<void> {
    const keys: string[] = [];
    for await (const { key } of this.blobs.list(`batches/${this.batchId}/`)) keys.push(key);
    for (const key of keys) await this.blobs.delete(key);
  }

  private async put(part: Part, block: number, lines: readonly BatchOutputLine[]): Promise<void> {
    if (lines.length === 0) return;
    const key = `${this.folder(part)}${String(block).padStart(DIGITS, '0')}`;
    await this.blobs.write(key, encoded(lines));
  }

  private folder(part: Part): string {
    return `batches/${this.batchId}/${part}/`;
  }
}

async function* encoded(lines: readonly BatchOutputLine[]): AsyncGenerator<Buffer> {
  for (const line of lines) yield Buffer.from(`${JSON.stringify(line)}\n`);
  await Promise.resolve();
}
