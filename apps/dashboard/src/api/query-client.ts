import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { Away, Refused } from './client';
import { reachability } from './reachability';

/** Every question to the api passes here, so that one place knows whether it answers. */
export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onSuccess: () => reachability.set(true),
    onError: (error) => {
      reachability.set(!(error instanceof Away));
      askWhoIsIn(error);
    },
  }),
  mutationCache: new MutationCache({ onError: askWhoIsIn }),
  defaultOptions: {
    queries: {
      // A poll is its own retry; waiting longer and longer would hide that the api is back.
      retry: false,
      networkMode: 'always',
      refetchOnReconnect: true,
      staleTime: 500,
    },
    mutations: { networkMode: 'always' },
  },
});

/** A key has ended: the session knows, and leads to the login. */
function askWhoIsIn(error: unknown): void {
  if (error instanceof Refused && error.status === 401)
    void queryClient.invalidateQueries({ queryKey: ['session'] });
}
