import type { KeyIssued, KeyView, SessionView, TenantView } from '@gistpool/contracts';
import { keyStateOf, type IssuedKey, type KeyRecord, type TenantRecord } from '@gistpool/queue';
import type { Caller } from './caller';

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

export const toTenantView = ({ name, createdAtMs, quotas, usage }: TenantRecord): TenantView => ({
  object: 'tenant',
  name,
  created_at_ms: createdAtMs,
  quotas,
  usage: { today: usage.today, last_30_days: usage.last30Days },
});

/** Undefined: nobody who is known here. */
export const toSessionView = (caller: Caller | undefined): SessionView => ({
  object: 'session',
  by: caller?.by ?? 'none',
  key: caller === undefined || caller.by === 'anonymous' ? null : caller.name,
  tenant: caller?.tenant ?? null,
  scopes: [...(caller?.scopes ?? [])],
  expires_at_ms: caller?.expiresAtMs ?? null,
  csrf_token: caller?.csrfToken ?? null,
});
