import type { Redis } from 'ioredis';
import type { FileFilter, FileObject } from '@gistpool/contracts';
import { closeRedis, openRedis } from './connection';
import { readIds } from './id-pages';
import { namesFor, type Names } from './names';
import type { QueueConfig } from './queue-config';

/** What is known of stored files; their bytes lie in the blob store. */
export interface FileIndex {
  /** Replaces what was known under the id. */
  put(file: FileObject): Promise<void>;
  get(id: string): Promise<FileObject | undefined>;
  list(filter: FileFilter): Promise<{ files: FileObject[]; hasMore: boolean }>;
  /** False: there was none. */
  remove(id: string): Promise<boolean>;
  close(): Promise<void>;
}

export const connectFileIndex = (config: QueueConfig): FileIndex =>
  new RedisFileIndex(openRedis(config, 'files'), namesFor(config.prefix));

const READ_AT_ONCE = 500;

class RedisFileIndex implements FileIndex {
  constructor(
    private readonly redis: Redis,
    private readonly names: Names,
  ) {}

  async put(file: FileObject): Promise<void> {
    const { files, file: keyOf } = this.names;
    await this.redis.multi().set(keyOf(file.id), JSON.stringify(file)).zadd(files, 0, file.id).exec();
  }

  async get(id: string): Promise<FileObject | undefined> {
    const text = await this.redis.get(this.names.file(id));
    return text === null ? undefined : (JSON.parse(text) as FileObject);
  }

  async list({
    limit,
    order,
    after,
    purpose,
  }: FileFilter): Promise<{ files: FileObject[]; hasMore: boolean }> {
    const found: FileObject[] = [];
    let from = after;
    // One more than asked for says whether there is a next page.
    while (found.length <= limit) {
      const ids = await readIds(this.redis, this.names.files, { limit: READ_AT_ONCE, order, after: from });
      if (ids.length === 0) break;
      const texts = await this.redis.mget(ids.map((id) => this.names.file(id)));
      for (const text of texts) {
        if (text === null) continue;
        const file = JSON.parse(text) as FileObject;
        if (purpose === undefined || file.purpose === purpose) found.push(file);
      }
      from = ids.at(-1);
    }
    return { files: found.slice(0, limit), hasMore: found.length > limit };
  }

  async remove(id: string): Promise<boolean> {
    const replies = await this.redis.multi().zrem(this.names.files, id).del(this.names.file(id)).exec();
    return Number(replies?.[1]?.[1] ?? 0) > 0;
  }

  async close(): Promise<void> {
    await closeRedis(this.redis);
  }
}
