import { isTerminal, type JobView } from '@gistpool/contracts';
import type { PoolClient } from '../client/pool-client';

const PER_PAGE = 500;

export interface Wanted {
  readonly model?: string;
  readonly batch?: string;
  /** Submitted then or later; Unix milliseconds. */
  readonly sinceMs?: number;
  /** The newest so many that have ended. */
  readonly limit?: number;
}

/** Page by page, newest first, until there are no more or enough of them have ended. */
export async function readJobs(
  client: Pick<PoolClient, 'jobs'>,
  { model, batch, sinceMs = 0, limit = Number.POSITIVE_INFINITY }: Wanted,
  said: (read: number) => void,
): Promise<JobView[]> {
  const jobs: JobView[] = [];
  let ended = 0;
  let cursor: string | undefined;
  for (;;) {
    const page = await client.jobs({
      limit: PER_PAGE,
      include: 'course',
      ...(model !== undefined && { model }),
      ...(batch !== undefined && { batch }),
      ...(cursor !== undefined && { cursor }),
    });
    for (const job of page.data) {
      if (job.created_at_ms < sinceMs || ended >= limit) return jobs;
      jobs.push(job);
      if (isTerminal(job.state)) ended += 1;
    }
    said(jobs.length);
    if (page.next_cursor === null) return jobs;
    cursor = page.next_cursor;
  }
}
