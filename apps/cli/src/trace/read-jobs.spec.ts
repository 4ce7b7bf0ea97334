import { describe, expect, it } from 'vitest';
import type { JobQuery } from '../client/pool-client';
import { readJobs } from './read-jobs';
import { endedJob } from './trace.fixture';

/** 1,200 jobs, newest first, one submitted per second. */
const JOBS = Array.from({ length: 1200 }, (_, at) =>
  endedJob(`job_${at}`, {
    created_at_ms: 1_000 * (1200 - at),
    ...(at % 3 === 0 && { state: 'thinking' as const }),
  }),
);

function pages() {
  const asked: JobQuery[] = [];
  return {
    asked,
    jobs: (query: JobQuery) => {
      asked.push(query);
      const from = Number(query.cursor ?? 0);
      const until = from + (query.limit ?? 50);
      return Promise.resolve({
        object: 'list' as const,
        data: JOBS.slice(from, until),
        next_cursor: until < JOBS.length ? String(until) : null,
      });
    },
  };
}

describe('reading the jobs of a pool', () => {
  it('goes on page by page to the last, and says how far it is', async () => {
    const client = pages();
    const said: number[] = [];
    expect(await readJobs(client, { batch: 'b' }, (read) => said.push(read))).toEqual(JOBS);
    expect(said).toEqual([500, 1000, 1200]);
    expect(client.asked.map(({ cursor }) => cursor)).toEqual([undefined, '500', '1000']);
    for (const query of client.asked) expect(query).toMatchObject({ batch: 'b', include: 'course' });
  });

  it('asks for no more when enough have ended, or what follows is too old', async () => {
    const few = pages();
    const newest = await readJobs(few, { limit: 100 }, () => undefined);
    expect(newest.filter(({ state }) => state === 'completed')).toHaveLength(100);
    const recent = pages();
    expect(await readJobs(recent, { sinceMs: 1_000_000 }, () => undefined)).toHaveLength(201);
    expect([few.asked.length, recent.asked.length]).toEqual([1, 1]);
  });
});
