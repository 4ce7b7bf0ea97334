import { describe, expect, it } from 'vitest';
import type { CancelReceipt, JobPage, JobState, JobView } from '@gistpool/contracts';
import { cancelMany } from './cancel-many';
import { jobRows, latestOf, mergedNewest } from './job-rows';
import { openJobs } from './open-jobs';
import { EMPTY_DRAFT, fieldOf, requestFrom } from './request-draft';

const job = (number: number, state: JobState = 'waiting'): JobView => ({
  id: `job_${String(number).padStart(6, '0')}`,
  object: 'job',
  state,
  model: 'nano',
  tenant: 'default',
  priority: 0,
  tags: [],
  retries: 0,
  failed_attempts: 0,
  metadata: {},
  limits: { max_tokens: 1, max_thoughts: 1, max_thought_tokens: 2 },
  created_at_ms: number,
});
const jobs = (from: number, downTo: number) =>
  Array.from({ length: from - downTo + 1 }, (_, at) => job(from - at));
const numbers = (rows: readonly JobView[]) => rows.map((row) => row.created_at_ms);

describe('the rows of the list', () => {
  it('are the pages with what came since before them, each job once and as it was seen last', () => {
    const pages = [jobs(20, 11), jobs(10, 1)];
    const changed = job(15, 'thinking');
    const { rows, hasGap } = jobRows(pages, [job(21)], jobs(23, 14), new Map([[changed.id, changed]]));
    expect(numbers(rows)).toEqual(numbers(jobs(23, 1)));
    expect(rows.find((row) => row.id === changed.id)?.state).toBe('thinking');
    expect(hasGap).toBe(false);
  });

  it('keep what came, also when newer jobs have pushed it out of the newest', () => {
    const read = new Set(jobs(20, 11).map(({ id }) => id));
    let since: readonly JobView[] = [];
    for (let top = 21; top <= 60; top += 1) since = mergedNewest(since, jobs(top, top - 4), read);
    expect(numbers(since)).toEqual(numbers(jobs(60, 21)));
  });

  it('do not take for new an old job that a filter lets in late', () => {
    const read = new Set(jobs(20, 11).map(({ id }) => id));
    expect(mergedNewest([], [job(5)], read)).toEqual([]);
  });

  it('show each job as it was seen last, and nothing that has ended as if it went on', () => {
    const [waiting, cancelled] = [job(1), job(1, 'cancelled')];
    const seen = latestOf(new Map(), [waiting, cancelled]);
    expect(seen.get(waiting.id)).toBe(cancelled);
    expect(latestOf(seen, [cancelled])).toBe(seen);
    expect(latestOf(seen, [waiting])).toBe(seen);
    expect(latestOf(seen, [job(2)]).size).toBe(2);
  });

  it('have a gap when more came than were asked for', () => {
    const none = new Map<string, JobView>();
    expect(jobRows([jobs(20, 1)], [], jobs(200, 101), none).hasGap).toBe(true);
    expect(jobRows([jobs(20, 1)], [], jobs(119, 20), none).hasGap).toBe(false);
    expect(jobRows([], [], jobs(200, 101), none).hasGap).toBe(false);
  });
});

describe('cancelling many', () => {
  const receipt = (id: string, outcome: CancelReceipt['outcome']): CancelReceipt => ({
    object: 'job.cancel',
    id,
    outcome,
    state: 'cancelled',
  });

  it('asks for each once, a few at a time, and goes on where one fails', async () => {
    let underWay = 0;
    let most = 0;
    const asked: string[] = [];
    const cancel = async (id: string) => {
      asked.push(id);
      most = Math.max(most, ++underWay);
      await Promise.resolve();
      underWay -= 1;
      if (id === 'job_7') throw new Error('no such job');
      return receipt(id, id === 'job_3' ? 'already_ended' : 'cancelled');
    };
    const ids = Array.from({ length: 50 }, (_, at) => `job_${at}`);
    const end = await cancelMany(ids, cancel, new AbortController().signal, () => undefined);
    expect(asked.toSorted()).toEqual(ids.toSorted());
    expect(most).toBeLessThanOrEqual(8);
    expect(end).toMatchObject({ asked: 50, ended: 48, problems: [expect.stringContaining('job_7')] });
  });

  it('stops when told to', async () => {
    const stop = new AbortController();
    const cancel = (id: string) => {
      if (id === 'job_5') stop.abort();
      return Promise.resolve(receipt(id, 'cancelled'));
    };
    const ids = Array.from({ length: 100 }, (_, at) => `job_${at}`);
    expect((await cancelMany(ids, cancel, stop.signal, () => undefined)).asked).toBeLessThan(20);
  });

  it('of a filter reads every page of each state that is not an end', async () => {
    const read = ({ state, cursor }: { state?: JobState; cursor?: string }): Promise<JobPage> => {
      if (state === 'waiting' && cursor === undefined)
        return Promise.resolve({ object: 'list', data: [job(1)], next_cursor: '1' });
      const data = state === 'waiting' ? [job(2)] : state === 'thinking' ? [job(3)] : [];
      return Promise.resolve({ object: 'list', data, next_cursor: null });
    };
    const found = async (filter: object) => {
      const ids: string[] = [];
      for await (const id of openJobs(filter, read)) ids.push(id);
      return ids;
    };
    expect(await found({})).toEqual([job(1).id, job(2).id, job(3).id]);
    expect(await found({ state: 'thinking' })).toEqual([job(3).id]);
    expect(await found({ state: 'completed' })).toEqual([]);
  });
});

describe('the form', () => {
  it('leaves out what is empty', () => {
    expect(requestFrom({ ...EMPTY_DRAFT, prompt: 'x ' })).toEqual({ prompt: 'x ' });
    expect(
      requestFrom({ ...EMPTY_DRAFT, prompt: 'x', max_tokens: '20', temperature: '0.5', task: ' sums ' }),
    ).toEqual({
      prompt: 'x',
      task: 'sums',
      limits: { max_tokens: 20 },
      sampling: { temperature: 0.5 },
    });
  });

  it('knows which of its fields the api means', () => {
    expect([fieldOf('limits.max_tokens'), fieldOf('prompt'), fieldOf(null)]).toEqual([
      'max_tokens',
      'prompt',
      undefined,
    ]);
  });
});
