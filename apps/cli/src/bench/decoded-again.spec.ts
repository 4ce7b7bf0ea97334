import { describe, expect, it } from 'vitest';
import { decodedAgain, endedThoughtIn } from './decoded-again';

const ended = (pid: number, job: string, thoughts: readonly number[]) =>
  thoughts.map((thought) => ({ pid, job, thought }));

describe('thoughts decoded again after a kill', () => {
  it('only the one that the killed worker was at, where the next goes on right behind those it had ended', () => {
    expect(decodedAgain([...ended(1, 'a', [0, 1, 2]), ...ended(2, 'a', [3, 4])], 'a', 1, 5)).toBe(1);
  });

  it('also those that were ended but not kept', () => {
    expect(decodedAgain([...ended(1, 'a', [0, 1, 2]), ...ended(2, 'a', [2, 3, 4])], 'a', 1, 5)).toBe(2);
    expect(decodedAgain([...ended(1, 'a', [0, 1, 2]), ...ended(2, 'a', [0, 1, 2, 3])], 'a', 1, 4)).toBe(4);
  });

  it('the first one, where none had been ended', () => {
    expect(decodedAgain(ended(2, 'a', [0, 1]), 'a', 1, 2)).toBe(1);
  });

  it('the answer, where it was at that', () => {
    expect(decodedAgain(ended(1, 'a', [0, 1]), 'a', 1, 2)).toBe(1);
  });

  it('none of another job', () => {
    const log = [
      ...ended(1, 'a', [0]),
      ...ended(1, 'b', [0, 1, 2]),
      ...ended(2, 'b', [0]),
      ...ended(2, 'a', [1]),
    ];
    expect(decodedAgain(log, 'a', 1, 2)).toBe(1);
  });
});

it('other lines of a log tell of no thought', () => {
  const line = { level: 20, part: 'worker', pid: 7, job: 'a', thought: 3, msg: 'a thought is compressed' };
  expect(endedThoughtIn(JSON.stringify(line))).toEqual({ pid: 7, job: 'a', thought: 3 });
  expect(endedThoughtIn(JSON.stringify({ ...line, msg: 'drained' }))).toBeUndefined();
  expect(endedThoughtIn('Warning: something')).toBeUndefined();
  expect(endedThoughtIn('{ cut o')).toBeUndefined();
});
