import { describe, expect, it } from 'vitest';
import type { JobState, JobView } from '@gistpool/contracts';
import { bulkFilter } from './bulk-filter';
import { jobRows, latestOf, mergedNewest } from './job-rows';
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

describe('an order about many jobs', () => {
  it('is about what the list shows, where it changes something', () => {
    expect(bulkFilter('cancel', { tag: 'a' })).toEqual({
      tag: 'a',
      state: ['delayed', 'paused', 'waiting', 'placed', 'thinking', 'answering', 'retrying'],
    });
    expect(bulkFilter('retry', {})).toEqual({ state: ['failed', 'cancelled', 'expired'] });
    expect(bulkFilter('retry', { state: 'failed', tenant: 't' })).toEqual({ state: 'failed', tenant: 't' });
    expect(bulkFilter('cancel', { state: 'completed' })).toBeUndefined();
    expect(bulkFilter('reprioritize', { state: 'thinking' })).toBeUndefined();
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
