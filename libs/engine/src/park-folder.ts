import { rmSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const SUFFIX = '.cells';

/**
 * Caches of sessions that are out of their slots, each in a file, all together within a quota. They are of use to this
 * process alone: after a restart jobs go on from their checkpoints, and what lies here is swept out.
 */
export class ParkFolder {
  private readonly files = new Map<string, { readonly path: string; readonly bytes: number }>();
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
    const bytes = await write(path).catch((error: unknown) => {
      this.failed(error instanceof Error ? error : new Error(String(error)));
      return 0;
    });
    if (bytes > 0) this.files.set(jobId, { path, bytes });
    else rmSync(path, { force: true });
    return bytes > 0;
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
