import { expect, it } from 'vitest';
import { progressOf } from './progress';

const NONE = {
  delayed: 0,
  paused: 0,
  waiting: 0,
  placed: 0,
  thinking: 0,
  answering: 0,
  retrying: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  expired: 0,
};

it('the progress of a batch is what has ended of all its jobs, with a part for each state that has some', () => {
  expect(progressOf({ ...NONE, completed: 6, failed: 1, thinking: 1, waiting: 2 })).toEqual({
    total: 10,
    ended: 7,
    parts: [
      { state: 'completed', jobs: 6, share: 0.6 },
      { state: 'failed', jobs: 1, share: 0.1 },
      { state: 'thinking', jobs: 1, share: 0.1 },
      { state: 'waiting', jobs: 2, share: 0.2 },
    ],
  });
  expect(progressOf(NONE)).toEqual({ total: 0, ended: 0, parts: [] });
});
