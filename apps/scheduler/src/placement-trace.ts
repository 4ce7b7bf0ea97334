import type { FetchedJob, PlacementTarget } from '@gistpool/queue';
import { span } from '@gistpool/telemetry';

/** How long a traced job waited in its queue, and how long for a place after it was fetched. */
export function tracePlacement(
  job: FetchedJob,
  { card, lane, reservedCells }: PlacementTarget,
  fetchedAtMs: number,
  nowMs: number,
): void {
  const { traceparent } = job;
  if (traceparent === undefined) return;
  const about = { 'gistpool.job': job.id, 'gistpool.model': job.model };
  // When a job that comes back came back is not known.
  if (job.promisedAtMs === undefined) span('queue', traceparent, job.createdAtMs, fetchedAtMs, about);
  span('place', traceparent, fetchedAtMs, nowMs, {
    ...about,
    'gistpool.card': card,
    'gistpool.lane': lane,
    'gistpool.reserved_cells': reservedCells,
  });
}
