import type { SessionView, TenantView } from '@gistpool/contracts';
import type { TenantRecord } from '@gistpool/queue';
import type { Caller } from './caller';

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
