import type { Redis } from 'ioredis';
import { DEFAULT_TENANT, type FileFilter, type FileObject } from '@gistpool/contracts';
import { closeRedis, openRedis } from './connection';
import { readIds } from './id-pages';
import { namesFor, type Names } from './names';
import type { QueueConfig } from './queue-config';

/** What is known of stored files; their bytes lie in the blob store. */
export interface FileIndex {
  /** Replaces what was known under the id. */
  put(file: FileObject, tenant: string): Promise<void>;
  get(id: string): Promise<FileObject | undefined>;
  /** Whose it is; undefined: there is no such file. */
  tenantOf(id: string): Promise<string | undefined>;
  /** Of one tenant, or of all. */
  list(filter: FileFilter, tenant?: string): Promise<{ files: FileObject[]; hasMore: boolean }>;
  /** False: there was none. */
  remove(id: string): Promise<boolean>;
  close(): Promise<void>;
}

export const connectFileIndex = (config: QueueConfig): FileIndex =>
  new RedisFileIndex(openRedis(config, 'files'), namesFor(config.prefix));

const READ_AT_ONCE = 500;

type StoredFile = FileObject & { readonly tenant?: string };

function parsed(text: string): { file: FileObject; tenant: string } {
  const { tenant = DEFAULT_TENANT, ...file } = JSON.parse(text) as StoredFile;
  return { file, tenant };
}

class RedisFileIndex implements FileIndex {
  constructor(
    private readonly redis: Redis,
    private readonly names: Names,
  ) {}

  async put(file: FileObject, tenant: string): Promise<void> {
    const { files, filesOf, file: keyOf } = this.names;
    const stored: StoredFile = { ...file, tenant };
    await this.redis
      .multi()
      .set(keyOf(file.id), JSON.stringify(stored))
      .zadd(files, 0, file.id)
      .zadd(filesOf(tenant), 0, file.id)
      .exec();
  }

  async get(id: string): Promise<FileObject | undefined> {
    return (await this.read(id))?.file;
  }

  async tenantOf(id: string): Promise<string | undefined> {
    return (await this.read(id))?.tenant;
  }

  async list(
    { limit, order, after, purpose }: FileFilter,
    tenant?: string,
  ): Promise<{ files: FileObject[]; hasMore: boolean }> {
    const index = tenant === undefined ? this.names.files : this.names.filesOf(tenant);
    const found: FileObject[] = [];
    let from = after;
    // One more than asked for says whether there is a next page.
    while (found.length <= limit) {
      const ids = await readIds(this.redis, index, { limit: READ_AT_ONCE, order, after: from });
      if (ids.length === 0) break;
      const texts = await this.redis.mget(ids.map((id) => this.names.file(id)));
      for (const text of texts) {
        if (text === null) continue;
        const { file } = parsed(text);
        if (purpose === undefined || file.purpose === purpose) found.push(file);
      }
      from = ids.at(-1);
    }
    return { files: found.slice(0, limit), hasMore: found.length > limit };
  }

  async remove(id: string): Promise<boolean> {
    const tenant = await this.tenantOf(id);
    if (tenant === undefined) return false;
    const { files, filesOf, file: keyOf } = this.names;
    const replies = await this.redis.multi().del(keyOf(id)).zrem(files, id).zrem(filesOf(tenant), id).exec();
    return Number(replies?.[0]?.[1] ?? 0) > 0;
  }

  private async read(id: string): Promise<{ file: FileObject; tenant: string } | undefined> {
    const text = await this.redis.get(this.names.file(id));
    return text === null ? undefined : parsed(text);
  }

  async close(): Promise<void> {
    await closeRedis(this.redis);
  }
}
