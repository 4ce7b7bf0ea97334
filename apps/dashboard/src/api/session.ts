import { queryOptions, useQuery } from '@tanstack/react-query';
import type { Scope, SessionView } from '@gistpool/contracts';
import { call, sendJson } from './client';
import { csrf } from './csrf';

const remembered = (session: SessionView): SessionView => {
  csrf.set(session.csrf_token);
  return session;
};

/** Who looks at these pages. Asked again and again, since a key may end meanwhile. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }) => remembered(await call<SessionView>('/v1/session', { signal })),
  staleTime: 30_000,
  refetchInterval: ({ state }) => (state.data === undefined ? 2_000 : 60_000),
});

export const useSession = () => useQuery(sessionQuery);

/** False as long as it is not known. */
export function useMay(scope: Scope): boolean {
  const scopes = useSession().data?.scopes ?? [];
  return scopes.includes('admin') || scopes.includes(scope);
}

export const login = async (key: string): Promise<SessionView> =>
  remembered(await sendJson<SessionView>('/v1/session', { key }));

export const logout = async (): Promise<SessionView> =>
  remembered(await call<SessionView>('/v1/session', { method: 'DELETE' }));
