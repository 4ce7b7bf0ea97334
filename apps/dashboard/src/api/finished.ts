import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { JobPage, JobState } from '@gistpool/contracts';
import { fetchJobs } from './jobs';

export const FINISHED_JOBS = 500;

/** The jobs submitted last of those in an end state. */
export const useFinished = (state: Extract<JobState, 'completed' | 'failed'>): UseQueryResult<JobPage> =>
  useQuery({
    queryKey: ['finished', state],
    queryFn: ({ signal }) => fetchJobs({ state, limit: FINISHED_JOBS }, signal),
    refetchInterval: 5_000,
  });
