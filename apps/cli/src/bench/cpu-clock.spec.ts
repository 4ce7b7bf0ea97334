import { expect, it } from 'vitest';
import { cpuSecondsIn, cpuSecondsOf } from './cpu-clock';

it('reads user and system time behind a name with blanks and brackets', () => {
  const stat = '42 (a (b) c) S 1 42 42 0 -1 4194304 100 0 0 0 150 25 0 0 20 0 7 0 1234 0 0';
  expect(cpuSecondsIn(stat)).toBe(1.75);
});

it('counts nothing for a process that is not there', () => {
  expect(cpuSecondsOf(2 ** 30)).toBe(0);
});
