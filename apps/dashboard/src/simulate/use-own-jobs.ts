import { useQuery } from '@tanstack/react-query';
import type { FleetView, JobPage } from '@gistpool/contracts';
import { call, query } from '../api/client';
import { OWN } from './question';
import type { OwnJobs } from './what-if';

/** The newest completed jobs of a model, with the lengths of their thoughts; as many as one page has. */
const NEWEST = 500;

export const useOwnJobs = (trace: string) =>
  useQuery({
    queryKey: ['simulate', trace],
    queryFn: async ({ signal }): Promise<OwnJobs> => {
      const asked = { model: trace.slice(OWN.length), state: 'completed', include: 'course', limit: NEWEST };
      const [fleet, { data: jobs }] = await Promise.all([
        call<FleetView>('/v1/fleet', { signal }),
        call<JobPage>(`/v1/jobs${query(asked)}`, { signal }),
      ]);
      return { fleet, jobs };
    },
    enabled: trace.startsWith(OWN),
    // A simulation is of one moment; leaving the page and coming back asks again.
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
