import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import type { JobView } from '@gistpool/contracts';
import { useJobPages, useJobsNow, useNewestJobs, type JobQuery } from '../api/jobs';
import { jobRows, latestOf, mergedNewest } from './job-rows';
import { isOpen } from './states';

const NOTHING: readonly JobView[] = [];

/** The list of jobs for a filter, alive: new jobs come in above, and the rows that are seen change as their jobs do. */
export function useJobRows(filter: JobQuery) {
  const queries = useQueryClient();
  const pages = useJobPages(filter);
  const newest = useNewestJobs(filter).data?.data ?? NOTHING;
  const [cameSince, setCameSince] = useState<readonly JobView[]>([]);
  const [seen, setSeen] = useState<readonly string[]>([]);
  const fresh = useJobsNow(seen).data?.data ?? NOTHING;

  const read = useMemo(() => pages.data?.pages.map((page) => page.data) ?? [], [pages.data]);
  const [latest, setLatest] = useState<ReadonlyMap<string, JobView>>(new Map());
  const now = latestOf(latest, [...newest, ...fresh]);
  if (now !== latest) setLatest(now);
  const { rows, hasGap } = useMemo(
    () => jobRows(read, cameSince, newest, now),
    [read, cameSince, newest, now],
  );

  // What has come stays in the list when newer ones push it out of the newest.
  const ids = useMemo(() => new Set(read.flat().map((job) => job.id)), [read]);
  const merged = read.length === 0 ? cameSince : mergedNewest(cameSince, newest, ids);
  if (merged !== cameSince) setCameSince(merged);

  useEffect(() => {
    if (hasGap) void queries.resetQueries({ queryKey: ['jobs', 'pages'] });
  }, [hasGap, queries]);

  return {
    rows,
    isLoading: pages.isPending,
    error: pages.error,
    hasMore: pages.hasNextPage,
    isLoadingMore: pages.isFetchingNextPage,
    loadMore: () => {
      if (pages.hasNextPage && !pages.isFetchingNextPage) void pages.fetchNextPage();
    },
    /** Tells which rows are on the screen. Those that have ended change no more. */
    see: (visible: readonly JobView[]) => {
      const open = visible.filter((job) => isOpen(job.state)).map((job) => job.id);
      if (open.join() !== seen.join()) setSeen(open);
    },
  };
}
