import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { assertKey, assertPrefix } from './blob-key';
import type { BlobEntry, BlobStore } from './blob-store';

/** No key begins with a dot, so drafts are never taken for objects. */
const DRAFTS = '.drafts';
/** No write takes so long: what is older was left by a process that was killed. */
const DRAFT_IS_LEFT_AFTER_MS = 24 * 3_600_000;

/** Blobs as files below one folder; written as drafts in the same file system and renamed into their place. */
export class FileBlobStore implements BlobStore {
  constructor(private readonly folder: string) {}

  async put(key: string, text: string): Promise<void> {
    await this.replace(key, (draft) => writeFile(draft, text));
  }

  async get(key: string): Promise<string | undefined> {
    return orNone(readFile(this.pathOf(key), 'utf8'));
  }

  async write(key: string, source: AsyncIterable<Uint8Array>): Promise<number> {
    let bytes = 0;
    await this.replace(key, async (draft) => {
      const file = createWriteStream(draft);
      await pipeline(Readable.from(source, { objectMode: false }), file);
      bytes = file.bytesWritten;
    });
    return bytes;
  }

  async read(key: string): Promise<Readable | undefined> {
    const file = await orNone(open(this.pathOf(key)));
    return file?.createReadStream();
  }

  async size(key: string): Promise<number | undefined> {
    const found = await orNone(stat(this.pathOf(key)));
    return found?.isFile() === true ? found.size : undefined;
  }

  async delete(key: string): Promise<void> {
    await rm(this.pathOf(key), { force: true });
  }

  async *list(prefix: string): AsyncGenerator<BlobEntry> {
    assertPrefix(prefix);
    yield* this.listFolder(prefix);
  }

  /** Removes what writes of killed processes have left. */
  async tidy(nowMs = Date.now()): Promise<void> {
    const drafts = join(this.folder, DRAFTS);
    for (const name of (await orNone(readdir(drafts))) ?? []) {
      const found = await orNone(stat(join(drafts, name)));
      if (found !== undefined && nowMs - found.mtimeMs > DRAFT_IS_LEFT_AFTER_MS)
        await rm(join(drafts, name), { force: true });
    }
  }

  private async *listFolder(prefix: string): AsyncGenerator<BlobEntry> {
    const entries = (await orNone(readdir(join(this.folder, prefix), { withFileTypes: true }))) ?? [];
    const named = entries
      .filter((entry) => !entry.name.startsWith('.'))
      // A folder sorts as its keys do: by its name and a slash.
      .map((entry) => ({ entry, order: entry.isDirectory() ? `${entry.name}/` : entry.name }))
      .sort((a, b) => (a.order < b.order ? -1 : 1));
    for (const { entry, order } of named) {
      const key = `${prefix}${order}`;
      if (entry.isDirectory()) yield* this.listFolder(key);
      else {
        const bytes = await this.size(key);
        if (bytes !== undefined) yield { key, bytes };
      }
    }
  }

  private async replace(key: string, writeDraft: (path: string) => Promise<void>): Promise<void> {
    const path = this.pathOf(key);
    const drafts = join(this.folder, DRAFTS);
    const draft = join(drafts, randomUUID());
    await Promise.all([mkdir(drafts, { recursive: true }), mkdir(dirname(path), { recursive: true })]);
    try {
      await writeDraft(draft);
      await rename(draft, path);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  private pathOf(key: string): string {
    assertKey(key);
    return join(this.folder, key);
  }
}

async function orNone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
