import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Scope } from '@gistpool/contracts';

/** What never changes of a key. Times are Unix milliseconds. */
interface KeySpec {
  /** Begins the key itself. */
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the whole key: 256 random bits need no slow hash. */
  readonly hash: string;
  readonly createdAtMs: number;
}

export interface KeyRecord extends KeySpec {
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
  readonly lastUsedAtMs: number | null;
  readonly replacedBy: string | null;
}

export type NewKey = Pick<KeyRecord, 'name' | 'tenant' | 'scopes' | 'expiresAtMs'>;

/** `secret` is the key itself, and exists nowhere else. */
export interface IssuedKey {
  readonly key: KeyRecord;
  readonly secret: string;
}

const KEY = /^(gp_[a-z0-9]{12})_[A-Za-z0-9_-]{43}$/;
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

/** Undefined: that is none of our keys. */
export const keyIdIn = (secret: string): string | undefined => KEY.exec(secret)?.[1];

export const isKeyId = (text: string): boolean => /^gp_[a-z0-9]{12}$/.test(text);

export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** In a time that does not tell where they differ. */
export const hasHash = (secret: string, hash: string): boolean =>
  timingSafeEqual(Buffer.from(hashOf(secret), 'hex'), Buffer.from(hash, 'hex'));

export function issueKey(wanted: NewKey, nowMs: number): IssuedKey {
  const id = `gp_${Array.from(randomBytes(12), (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('')}`;
  const secret = `${id}_${randomBytes(32).toString('base64url')}`;
  const key = {
    ...wanted,
    id,
    hash: hashOf(secret),
    createdAtMs: nowMs,
    revokedAtMs: null,
    lastUsedAtMs: null,
    replacedBy: null,
  };
  return { key, secret };
}

export function keyStateOf(key: KeyRecord, nowMs: number): 'active' | 'expired' | 'revoked' {
  if (key.revokedAtMs !== null) return 'revoked';
  return key.expiresAtMs !== null && key.expiresAtMs <= nowMs ? 'expired' : 'active';
}

/** Fields of its hash in Redis. */
export function fieldsOfKey({ expiresAtMs, ...key }: KeyRecord): Record<string, string> {
  const { id, name, tenant, scopes, hash, createdAtMs } = key;
  const spec: KeySpec = { id, name, tenant, scopes, hash, createdAtMs };
  return {
    spec: JSON.stringify(spec),
    ...(expiresAtMs === null ? {} : { expiresAtMs: String(expiresAtMs) }),
  };
}

export function keyRecordOf(fields: Readonly<Record<string, string>>): KeyRecord | undefined {
  const { spec } = fields;
  if (spec === undefined) return undefined;
  const time = (name: string) => (fields[name] === undefined ? null : Number(fields[name]));
  return {
    ...(JSON.parse(spec) as KeySpec),
    expiresAtMs: time('expiresAtMs'),
    revokedAtMs: time('revokedAtMs'),
    lastUsedAtMs: time('lastUsedAtMs'),
    replacedBy: fields['replacedBy'] ?? null,
  };
}
