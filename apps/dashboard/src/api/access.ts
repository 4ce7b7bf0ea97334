import { useQuery } from '@tanstack/react-query';
import type { KeyIssued, KeyPage, KeyView, Quotas, Scope, TenantPage, TenantView } from '@gistpool/contracts';
import { call, sendJson } from './client';

export const useKeys = () =>
  useQuery({
    queryKey: ['keys'],
    queryFn: async ({ signal }) => (await call<KeyPage>('/v1/keys', { signal })).data,
    refetchInterval: 10_000,
  });

export const useTenants = () =>
  useQuery({
    queryKey: ['tenants'],
    queryFn: async ({ signal }) => (await call<TenantPage>('/v1/tenants', { signal })).data,
    refetchInterval: 5_000,
  });

export interface WantedKey {
  readonly name: string;
  readonly tenant: string;
  readonly scopes: readonly Scope[];
  readonly expires_in_s?: number;
}

export const createKey = (wanted: WantedKey): Promise<KeyIssued> => sendJson('/v1/keys', wanted);

const keyPath = (id: string): string => `/v1/keys/${encodeURIComponent(id)}`;

export const rotateKey = (id: string, graceS: number): Promise<KeyIssued> =>
  sendJson(`${keyPath(id)}/rotate`, { grace_s: graceS });

export const revokeKey = (id: string): Promise<KeyView> => call(keyPath(id), { method: 'DELETE' });

/** A tenant that has only jobs so far is set up by it. */
export const changeQuotas = (name: string, quotas: Quotas): Promise<TenantView> =>
  sendJson(`/v1/tenants/${encodeURIComponent(name)}`, { quotas }, 'PATCH');

export const createTenant = (name: string): Promise<TenantView> => sendJson('/v1/tenants', { name });
