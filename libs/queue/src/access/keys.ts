import type { Redis } from 'ioredis';
import type { Scope } from '@gistpool/contracts';
import { closeRedis, openRedis } from '../connection';
import { namesFor, type Names } from '../names';
import type { QueueConfig } from '../queue-config';
import { replaceKeyScript, revokeKeyScript } from '../scripts/change-key';
import {
  fieldsOfKey,
  hasHash,
  isKeyId,
  issueKey,
  keyIdIn,
  keyRecordOf,
  keyStateOf,
  type IssuedKey,
  type KeyRecord,
  type NewKey,
} from './key-record';

/** What a presented key turned out to be. `id`: of the key that it is, or says it is. */
export type Verdict =
  | { readonly ok: true; readonly key: KeyRecord }
  | { readonly ok: false; readonly reason: 'unknown' | 'expired' | 'revoked'; readonly id?: string };

/** Access keys. Only hashes of them are stored: whoever reads Redis cannot act as anybody. */
export interface Keys {
  create(wanted: NewKey): Promise<IssuedKey>;
  verify(secret: string): Promise<Verdict>;
  get(id: string): Promise<KeyRecord | undefined>;
  /** Newest first. */
  list(tenant?: string): Promise<KeyRecord[]>;
  /** A new key with the rights of the old, which goes on for `graceMs`. */
  rotate(id: string, graceMs: number): Promise<IssuedKey | 'not-found' | 'not-active'>;
  /** False: there is no such key. Revoking again changes nothing. */
  revoke(id: string): Promise<boolean>;
  /** Whether anybody could come in with a key, with this scope if one is named. */
  someoneMay(scope?: Scope): Promise<boolean>;
  /** With which sessions are signed: the same for every process. */
  sessionSecret(fresh: string): Promise<string>;
  /** Rejects when Redis does not answer in time. */
  reach(withinMs: number): Promise<void>;
  close(): Promise<void>;
}

export const connectKeys = (config: QueueConfig): Keys => new RedisKeys(config);

/** A write per key and minute is enough to see which are in use. */
const NOTE_USE_EVERY_MS = 60_000;
/** What cannot be used any more is remembered for so long. */
const REMEMBER_MS = 30 * 86_400_000;

class RedisKeys implements Keys {
  private readonly redis: Redis;
  private readonly names: Names;

  constructor(config: QueueConfig) {
    this.redis = openRedis(config, 'keys');
    this.names = namesFor(config.prefix);
  }

  async create(wanted: NewKey): Promise<IssuedKey> {
    const issued = issueKey(wanted, Date.now());
    const { key } = issued;
    await this.forgetOld();
    await this.redis
      .multi()
      .hset(this.names.key(key.id), fieldsOfKey(key))
      .zadd(this.names.keys, key.createdAtMs, key.id)
      .exec();
    return issued;
  }

  async verify(secret: string): Promise<Verdict> {
    const id = keyIdIn(secret);
    if (id === undefined) return { ok: false, reason: 'unknown' };
    const key = await this.get(id);
    if (key === undefined || !hasHash(secret, key.hash)) return { ok: false, reason: 'unknown' };
    const nowMs = Date.now();
    const state = keyStateOf(key, nowMs);
    if (state !== 'active') return { ok: false, reason: state, id };
    if (nowMs - (key.lastUsedAtMs ?? 0) > NOTE_USE_EVERY_MS)
      await this.redis.hset(this.names.key(id), 'lastUsedAtMs', nowMs);
    return { ok: true, key };
  }

  async get(id: string): Promise<KeyRecord | undefined> {
    return isKeyId(id) ? keyRecordOf(await this.redis.hgetall(this.names.key(id))) : undefined;
  }

  async list(tenant?: string): Promise<KeyRecord[]> {
    const ids = await this.redis.zrevrange(this.names.keys, 0, -1);
    const reads = this.redis.pipeline();
    for (const id of ids) reads.hgetall(this.names.key(id));
    const keys = ((await reads.exec()) ?? []).flatMap(([error, fields]) => {
      if (error) throw error;
      return keyRecordOf(fields as Record<string, string>) ?? [];
    });
    return tenant === undefined ? keys : keys.filter((key) => key.tenant === tenant);
  }

  async rotate(id: string, graceMs: number): Promise<IssuedKey | 'not-found' | 'not-active'> {
    const old = await this.get(id);
    if (old === undefined) return 'not-found';
    const nowMs = Date.now();
    const issued = issueKey(old, nowMs);
    const outcome = await replaceKeyScript.run(
      this.redis,
      [this.names.key(id), this.names.key(issued.key.id), this.names.keys],
      [issued.key.id, nowMs, nowMs + graceMs, ...Object.entries(fieldsOfKey(issued.key)).flat()],
    );
    return outcome === 1 ? issued : 'not-active';
  }

  async revoke(id: string): Promise<boolean> {
    if (!isKeyId(id)) return false;
    return (await revokeKeyScript.run(this.redis, [this.names.key(id)], [Date.now()])) === 1;
  }

  async someoneMay(scope?: Scope): Promise<boolean> {
    const nowMs = Date.now();
    return (await this.list()).some(
      (key) => keyStateOf(key, nowMs) === 'active' && (scope === undefined || key.scopes.includes(scope)),
    );
  }

  async sessionSecret(fresh: string): Promise<string> {
    await this.redis.setnx(this.names.sessionSecret, fresh);
    return (await this.redis.get(this.names.sessionSecret)) ?? fresh;
  }

  async reach(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Redis did not answer within ${withinMs} ms`)), withinMs);
    });
    await Promise.race([this.redis.ping(), tooLate]).finally(() => clearTimeout(timer));
  }

  async close(): Promise<void> {
    await closeRedis(this.redis);
  }

  private async forgetOld(): Promise<void> {
    const beforeMs = Date.now() - REMEMBER_MS;
    const old = (await this.list()).filter(
      ({ revokedAtMs, expiresAtMs }) =>
        Math.min(revokedAtMs ?? Number.POSITIVE_INFINITY, expiresAtMs ?? Number.POSITIVE_INFINITY) < beforeMs,
    );
    for (const { id } of old)
      await this.redis.multi().zrem(this.names.keys, id).del(this.names.key(id)).exec();
  }
}
