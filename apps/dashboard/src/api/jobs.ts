import { queryOptions, useInfiniteQuery, useQuery, type UseQueryResult } from '@tanstack/react-query';
import type {
  BulkAction,
  BulkFilter,
  BulkReceipt,
  CancelReceipt,
  DeliveryPage,
  JobCounts,
  JobLog,
  JobPage,
  JobRequestInput,
  JobState,
  JobView,
  ModelInfo,
  OrderReceipt,
  PlacementView,
  StoredRequest,
} from '@gistpool/contracts';
import { call, query, sendJson } from './client';

/** What the list shows of all jobs; what is left out filters nothing. */
export interface JobQuery {
  readonly state?: JobState;
  readonly model?: string;
  readonly tenant?: string;
  readonly task?: string;
  readonly tag?: string;
  readonly batch?: string;
  readonly search?: string;
}

/** As many as the api gives at once: fewer waits on the way down a long list. */
export const PAGE_JOBS = 500;

export const fetchJobs = (filter: JobQuery & { limit?: number; cursor?: string }, signal?: AbortSignal) =>
  call<JobPage>(`/v1/jobs${query({ limit: PAGE_JOBS, ...filter })}`, signal === undefined ? {} : { signal });

/** Page after page, newest first. Pages are not asked for again: see useFreshJobs. */
export const useJobPages = (filter: JobQuery) =>
  useInfiniteQuery({
    queryKey: ['jobs', 'pages', filter],
    queryFn: ({ pageParam, signal }) =>
      fetchJobs({ ...filter, ...(pageParam === null ? {} : { cursor: pageParam }) }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    staleTime: Infinity,
    gcTime: 60_000,
  });

/** The newest jobs, again and again. */
export const useNewestJobs = (filter: JobQuery): UseQueryResult<JobPage> =>
  useQuery({
    queryKey: ['jobs', 'newest', filter],
    queryFn: ({ signal }) => fetchJobs({ ...filter, limit: 100 }, signal),
    refetchInterval: 2_000,
    gcTime: 0,
  });

/** These jobs as they are now, again and again. */
export const useJobsNow = (ids: readonly string[]): UseQueryResult<JobPage> =>
  useQuery({
    queryKey: ['jobs', 'now', ids],
    queryFn: ({ signal }) => call<JobPage>(`/v1/jobs${query({ ids: ids.join(',') })}`, { signal }),
    enabled: ids.length > 0,
    refetchInterval: 2_000,
    gcTime: 0,
  });

export const useCounts = (filter: Pick<JobQuery, 'model' | 'tenant' | 'task' | 'tag' | 'batch'> = {}) =>
  useQuery({
    queryKey: ['counts', filter],
    queryFn: ({ signal }) => call<JobCounts>(`/v1/jobs/counts${query({ ...filter })}`, { signal }),
    refetchInterval: 2_000,
  });

const jobPath = (id: string): string => `/v1/jobs/${encodeURIComponent(id)}`;

export const fetchJob = (id: string, signal?: AbortSignal): Promise<JobView> =>
  call(jobPath(id), signal === undefined ? {} : { signal });

export const requestOf = (id: string) =>
  queryOptions({
    queryKey: ['job', id, 'request'],
    queryFn: ({ signal }) => call<StoredRequest>(`${jobPath(id)}/request`, { signal }),
    staleTime: Infinity,
  });

export const placementOf = (id: string) =>
  queryOptions({
    queryKey: ['job', id, 'placement'],
    queryFn: ({ signal }) => call<PlacementView>(`${jobPath(id)}/placement`, { signal }),
  });

export const cancelJob = (id: string): Promise<CancelReceipt> => call(jobPath(id), { method: 'DELETE' });

export type JobOrder = 'pause' | 'resume' | 'retry';

export const orderJob = (id: string, order: JobOrder): Promise<OrderReceipt> =>
  call(`${jobPath(id)}/${order}`, { method: 'POST' });

export const logOf = (id: string) =>
  queryOptions({
    queryKey: ['job', id, 'log'],
    queryFn: ({ signal }) => call<JobLog>(`${jobPath(id)}/log`, { signal }),
  });

export const deliveriesOf = (id: string) =>
  queryOptions({
    queryKey: ['job', id, 'deliveries'],
    queryFn: ({ signal }) => call<DeliveryPage>(`${jobPath(id)}/deliveries`, { signal }),
  });

export const bulkOrder = ({
  action,
  isDry = false,
  ...asked
}: {
  readonly action: BulkAction;
  readonly filter: BulkFilter;
  readonly priority?: number;
  readonly isDry?: boolean;
}): Promise<BulkReceipt> => sendJson(`/v1/jobs/${action}`, { ...asked, dry_run: isDry });

export const bulkNow = (id: string): Promise<BulkReceipt> => call(`/v1/jobs/bulk/${id}`);

export const submitJob = (request: JobRequestInput): Promise<JobView> => sendJson('/v1/jobs', request);

export type Model = ModelInfo & { readonly cards: number };

export const useModels = (): UseQueryResult<readonly Model[]> =>
  useQuery({
    queryKey: ['models'],
    queryFn: async ({ signal }) => (await call<{ data: Model[] }>('/v1/models', { signal })).data,
    staleTime: 10_000,
  });
