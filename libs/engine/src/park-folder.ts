import { createReadStream, rmSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

const SUFFIX = '.cells';
const CHUNK_BYTES = 1024 * 1024;

/**
 * Caches of sessions that are out of their slots, each in a file, all together within a quota. They are of use to this
 * process alone: after a restart jobs go on from their checkpoints, and what lies here is swept out.
 */
export class ParkFolder {
  private readonly files = new Map<
    string,
    { readonly path: string; readonly bytes: number; readonly sum: number }
  >();
  private made = 0;

  private constructor(
    private readonly folder: string,
    private readonly quotaBytes: number,
    private readonly failed: (error: Error) => void,
  ) {}

  /** `failed` is told of each write that the disk did not take. */
  static async open(
    folder: string,
    quotaBytes: number,
    failed: (error: Error) => void = () => undefined,
  ): Promise<ParkFolder> {
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder))
      if (name.endsWith(SUFFIX)) await rm(join(folder, name), { force: true });
    return new ParkFolder(folder, quotaBytes, failed);
  }

  get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.files.values()) sum += bytes;
    return sum;
  }

  /** `write` resolves to the bytes it wrote, at most `mostBytes`. False: no room under the quota, or on the disk. */
  async keep(jobId: string, mostBytes: number, write: (path: string) => Promise<number>): Promise<boolean> {
    if (this.bytes + mostBytes > this.quotaBytes) return false;
    const path = join(this.folder, `${String(this.made++)}${SUFFIX}`);
    const written = async () => {
      const bytes = await write(path);
      return bytes > 0 && { path, bytes, sum: await checksumOf(path) };
    };
    const file = await written().catch((error: unknown) => this.tell(error));
    if (file) this.files.set(jobId, file);
    else rmSync(path, { force: true });
    return file !== false;
  }

  /** Where its cells are, if they are still those that were written: the engine would take others without a word. */
  async intact(jobId: string): Promise<string | undefined> {
    const file = this.files.get(jobId);
    if (file === undefined) return undefined;
    const sum = await checksumOf(file.path).catch((error: unknown) => this.tell(error));
    if (sum === file.sum) return file.path;
    if (sum !== false) this.tell(new Error(`${file.path} is not what was written to it`));
    return undefined;
  }

  private tell(error: unknown): false {
    this.failed(error instanceof Error ? error : new Error(String(error)));
    return false;
  }

  pathOf(jobId: string): string | undefined {
    return this.files.get(jobId)?.path;
  }

  drop(jobId: string): void {
    const path = this.pathOf(jobId);
    if (path === undefined) return;
    this.files.delete(jobId);
    rmSync(path, { force: true });
  }
}

async function checksumOf(path: string): Promise<number> {
  let sum = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }))
    sum = crc32(chunk as Buffer, sum);
  return sum;
}
