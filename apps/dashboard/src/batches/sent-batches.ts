import { useQuery } from '@tanstack/react-query';
import type { JobCounts } from '@gistpool/contracts';
import { call, query } from '../api/client';
import { fetchJobs } from '../api/jobs';
import { queryClient } from '../api/query-client';
import type { KnownBatch } from './known-batches';
import { addedSample, type Sample } from './pace';
import { progressOf } from './progress';

interface SeenCounts {
  readonly counts: JobCounts;
  readonly samples: readonly Sample[];
}

/** How a batch's jobs stand, and how they ended while this page looked on. */
export const useBatchCounts = (batch: string) =>
  useQuery({
    queryKey: ['batch-counts', batch],
    queryFn: async ({ signal }): Promise<SeenCounts> => {
      const counts = await call<JobCounts>(`/v1/jobs/counts${query({ batch })}`, { signal });
      const before = queryClient.getQueryData<SeenCounts>(['batch-counts', batch]);
      return { counts, samples: addedSample(before?.samples, progressOf(counts.states).ended, Date.now()) };
    },
    refetchInterval: 2_000,
  });

/** Jobs among which batches are looked for, and failures are grouped. */
const NEWEST = 500;

/** The api keeps no list of batches that were sent as lines: those that the newest jobs name, without the known ones. */
export const useRecentBatches = (known: readonly string[]) =>
  useQuery({
    queryKey: ['recent-batches', known],
    queryFn: async ({ signal }) => {
      const { data } = await fetchJobs({ limit: NEWEST }, signal);
      const found = new Map<string, KnownBatch>();
      for (const { batch, id, created_at_ms: sentAtMs } of data) {
        // Jobs of a batch from a file have ids that follow from it.
        if (batch === undefined || known.includes(batch)) continue;
        if (id.startsWith(batch.replace('batch_', 'job_'))) continue;
        found.set(batch, { id: batch, name: batch, accepted: 0, rejected: 0, sentAtMs });
      }
      return [...found.values()];
    },
    refetchInterval: 15_000,
  });

/** The newest that failed, as errors with where they were seen. */
export const useFailedJobs = (batch: string) =>
  useQuery({
    queryKey: ['failed-jobs', batch],
    queryFn: async ({ signal }) => {
      const { data } = await fetchJobs({ batch, state: 'failed', limit: NEWEST }, signal);
      return data.map(({ id, custom_id: customId, error }) => ({
        code: error?.code ?? 'unknown',
        message: error?.message ?? '',
        where: customId ?? id,
      }));
    },
    refetchInterval: 5_000,
  });
