import { expect, it } from 'vitest';
import { Patience } from './patience';

it('lets a new job, and one that was worked on, be placed at once', () => {
  const patience = new Patience();
  expect(patience.notBeforeMs('a', 5)).toBe(5);
  patience.placed('a', 5);
  expect(patience.notBeforeMs('a', 9_000)).toBe(9_000);
});

it('makes one that comes straight back wait twice as long each time, but not for ever', () => {
  const patience = new Patience();
  let nowMs = 0;
  const waits = Array.from({ length: 10 }, () => {
    patience.placed('a', nowMs);
    const until = patience.notBeforeMs('a', nowMs + 1);
    const waited = until - nowMs - 1;
    nowMs = until;
    return waited;
  });
  expect(waits.slice(0, 4)).toEqual([50, 100, 200, 400]);
  expect(waits.at(-1)).toBe(5_000);
});
