import { describe, expect, it } from 'vitest';
import { coresOf } from './cores';

describe('the cores of a process', () => {
  it('are read from ranges and single numbers', () => {
    expect(coresOf('Name:\tnode\nCpus_allowed_list:\t0-2,5\nMems_allowed_list:\t0\n')).toEqual([0, 1, 2, 5]);
  });
});
