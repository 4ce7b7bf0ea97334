import type { JobPage } from '@gistpool/contracts';
import type { JobQuery } from '../api/jobs';
import { isOpen, OPEN_STATES } from './states';

type Read = (filter: JobQuery & { limit: number; cursor?: string }) => Promise<JobPage>;

/** Ids of all jobs of the filter that have not ended, however many pages they fill. */
export async function* openJobs(filter: JobQuery, read: Read): AsyncGenerator<string> {
  const states = filter.state === undefined ? OPEN_STATES : isOpen(filter.state) ? [filter.state] : [];
  for (const state of states) {
    let cursor: string | null | undefined;
    do {
      const page = await read({ ...filter, state, limit: 500, ...(cursor ? { cursor } : {}) });
      for (const job of page.data) yield job.id;
      cursor = page.next_cursor;
    } while (cursor !== null);
  }
}
