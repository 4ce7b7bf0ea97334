import { expect, it } from 'vitest';
import { RoundRobin } from './round-robin';

it('goes on after the queue that was served last, and round', () => {
  const turn = new RoundRobin();
  expect(turn.inTurn(['c', 'a', 'b'])).toEqual(['a', 'b', 'c']);
  turn.served('a');
  expect(turn.inTurn(['c', 'a', 'b'])).toEqual(['b', 'c', 'a']);
  turn.served('c');
  expect(turn.inTurn(['c', 'a', 'b'])).toEqual(['a', 'b', 'c']);
});

it('leaves out a queue that is empty now', () => {
  const turn = new RoundRobin();
  turn.served('b');
  expect(turn.inTurn(['a', 'c'])).toEqual(['c', 'a']);
});
