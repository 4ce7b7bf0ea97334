import type { Redis } from 'ioredis';
import type { AuditEntry, AuditFilter } from '@gistpool/contracts';
import { closeRedis, openRedis } from '../connection';
import { namesFor, type Names } from '../names';
import type { QueueConfig } from '../queue-config';

export type NewAuditEntry = Omit<AuditEntry, 'id'>;

/** Who did what. Older entries go: the log of the api has them all. */
export interface Audit {
  note(entry: NewAuditEntry): Promise<void>;
  /** Newest first. */
  list(filter: AuditFilter): Promise<{ entries: AuditEntry[]; nextCursor: string | null }>;
  close(): Promise<void>;
}

export const connectAudit = (config: QueueConfig): Audit =>
  new RedisAudit(openRedis(config, 'audit'), namesFor(config.prefix));

const KEPT_ENTRIES = 10_000;

class RedisAudit implements Audit {
  constructor(
    private readonly redis: Redis,
    private readonly names: Names,
  ) {}

  async note(entry: NewAuditEntry): Promise<void> {
    const { audit } = this.names;
    await this.redis.xadd(audit, 'MAXLEN', '~', KEPT_ENTRIES, '*', 'e', JSON.stringify(entry));
  }

  async list({ limit, cursor }: AuditFilter): Promise<{ entries: AuditEntry[]; nextCursor: string | null }> {
    const from = cursor === undefined ? '+' : `(${cursor}`;
    // One more than asked for says whether there is a next page.
    const found = await this.redis.xrevrange(this.names.audit, from, '-', 'COUNT', limit + 1);
    const entries = found
      .slice(0, limit)
      .map(([id, fields]) => ({ id, ...(JSON.parse(fields[1] ?? '') as NewAuditEntry) }));
    return { entries, nextCursor: found.length > limit ? (entries.at(-1)?.id ?? null) : null };
  }

  async close(): Promise<void> {
    await closeRedis(this.redis);
  }
}
