import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { JobView, JobWait } from '@gistpool/contracts';
import { placementOf } from '../api/jobs';
import { duration } from '../format/time';
import { isWaiting } from './states';

export const REASONS: Readonly<Record<JobWait['reason'], string>> = {
  no_scheduler: 'no scheduler',
  paused: 'its queue is paused',
  no_card: 'no card of its model',
  no_card_takes_jobs: 'cards take no jobs',
  too_wide: 'too wide for every slot',
  no_free_slot: 'no free slot',
  behind_others: 'behind others',
  next_round: 'next round',
};

/** Why a waiting job is not placed yet and when it may be; of others how long they ran. */
export function WaitingCell({ job, nowMs }: { readonly job: JobView; readonly nowMs: number }) {
  if (isWaiting(job.state)) return <Wait id={job.id} />;
  if (job.error !== undefined) return <span title={job.error.message}>{job.error.code}</span>;
  if (job.placed_at_ms === undefined) return <>–</>;
  return <>{duration((job.finished_at_ms ?? nowMs) - job.placed_at_ms)}</>;
}

/** A row that only scrolls by asks nothing. */
const SETTLED_MS = 400;

function useSettled(afterMs: number): boolean {
  const [isSettled, setIsSettled] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsSettled(true), afterMs);
    return () => clearTimeout(timer);
  }, [afterMs]);
  return isSettled;
}

function Wait({ id }: { readonly id: string }) {
  const isSettled = useSettled(SETTLED_MS);
  const { data } = useQuery({
    ...placementOf(id),
    enabled: isSettled,
    refetchInterval: 5_000,
    staleTime: 4_000,
  });
  if (data?.wait === undefined || data.wait === null) return <>…</>;
  const { reason, text, eta_ms: eta } = data.wait;
  return (
    <span title={text}>
      {REASONS[reason]}
      {eta !== null && `, ~${duration(eta)}`}
    </span>
  );
}
