import { QueryCache, QueryClient } from '@tanstack/react-query';
import { Away } from './client';
import { reachability } from './reachability';

/** Every question to the api passes here, so that one place knows whether it answers. */
export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onSuccess: () => reachability.set(true),
    onError: (error) => reachability.set(!(error instanceof Away)),
  }),
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
