import type { KeyIssued, KeyView } from '@gistpool/contracts';
import { keyStateOf, type IssuedKey, type KeyRecord } from './key-record';

/** A key as it is stored -> as admins see it: without the hash. */
export function toKeyView(key: KeyRecord): KeyView {
  return {
    object: 'key',
    id: key.id,
    name: key.name,
    tenant: key.tenant,
    scopes: [...key.scopes],
    state: keyStateOf(key, Date.now()),
    created_at_ms: key.createdAtMs,
    expires_at_ms: key.expiresAtMs,
    revoked_at_ms: key.revokedAtMs,
    last_used_at_ms: key.lastUsedAtMs,
    replaced_by: key.replacedBy,
  };
}

export const toKeyIssued = ({ key, secret }: IssuedKey): KeyIssued => ({ ...toKeyView(key), secret });
