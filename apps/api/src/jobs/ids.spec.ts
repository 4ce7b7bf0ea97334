import { describe, expect, it } from 'vitest';
import { Ids, isJobId } from './ids';

describe('ids', () => {
  it('sort in the order in which they were made, also within a millisecond and when the clock steps back', () => {
    const times = [1000, 1000, 1001, 900, 2000];
    const ids = new Ids(() => times.shift() ?? 2000);
    const made = Array.from({ length: 40_000 }, () => ids.next('job'));
    expect(made.toSorted()).toEqual(made);
    expect(new Set(made).size).toBe(40_000);
  });

  it('are plain words that fit in paths and keys', () => {
    const id = new Ids().next('batch');
    expect(id).toMatch(/^batch_[0-9a-z]{26}$/);
    expect(isJobId(id)).toBe(true);
    expect(isJobId('../etc')).toBe(false);
    expect(isJobId('')).toBe(false);
  });
});
