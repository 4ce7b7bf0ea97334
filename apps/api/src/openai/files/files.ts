import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { hasBatchEnded, MAX_FILE_BYTES, type FileObject } from '@gistpool/contracts';
import { ApiError, fileNotFound } from '../../http/api-error';
import { isJobId, Ids } from '../../jobs/ids';
import { Pool } from '../../pool';

const keyOf = (id: string): string => `files/${id}`;

/** Files that clients upload and batches write: bytes in the blob store, everything else in Redis. */
@Injectable()
export class Files {
  private readonly ids = new Ids();

  constructor(@Inject(Pool) private readonly pool: Pool) {}

  newId(): string {
    return this.ids.next('file');
  }

  /** Refuses what is larger than `maxBytes`, of which nothing is kept then. */
  async store(
    { id, filename, purpose, tenant }: Pick<FileObject, 'id' | 'filename' | 'purpose'> & { tenant: string },
    source: AsyncIterable<Uint8Array>,
    maxBytes = Number.POSITIVE_INFINITY,
  ): Promise<FileObject> {
    const bytes = await this.pool.blobs.write(keyOf(id), limited(source, maxBytes));
    const created_at = Math.floor(Date.now() / 1000);
    const file: FileObject = {
      id,
      object: 'file',
      bytes,
      created_at,
      filename,
      purpose,
      status: 'processed',
    };
    await this.pool.files.put(file, tenant);
    return file;
  }

  async get(id: string): Promise<FileObject> {
    const file = isJobId(id) ? await this.pool.files.get(id) : undefined;
    if (file === undefined) throw fileNotFound(id);
    return file;
  }

  async read(id: string): Promise<Readable> {
    const stream = isJobId(id) ? await this.pool.blobs.read(keyOf(id)) : undefined;
    if (stream === undefined) throw fileNotFound(id);
    return stream;
  }

  /** The entry goes first: bytes without one are seen by nobody. */
  async remove(id: string): Promise<void> {
    const reader = await this.openBatchOf(id);
    if (reader !== undefined)
      throw new ApiError(409, 'file_in_use', `${reader} still reads this file; cancel it first`, 'id', {
        'x-should-retry': 'false',
      });
    if (!isJobId(id) || !(await this.pool.files.remove(id))) throw fileNotFound(id);
    await this.pool.blobs.delete(keyOf(id));
  }

  private async openBatchOf(fileId: string): Promise<string | undefined> {
    const open = await this.pool.batches.open();
    const batches = await Promise.all(open.map((id) => this.pool.batches.get(id)));
    return batches.find((batch) => batch?.inputFileId === fileId && !hasBatchEnded(batch.status))?.id;
  }
}

async function* limited(source: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw fileTooLarge();
    yield chunk;
  }
}

export const fileTooLarge = (): ApiError =>
  new ApiError(
    413,
    'body_too_large',
    `file: it has more than ${MAX_FILE_BYTES} bytes (${MAX_FILE_BYTES / 2 ** 20} MiB)`,
    'file',
  );
