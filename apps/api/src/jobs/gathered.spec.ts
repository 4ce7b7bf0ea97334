import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Gathered } from './gathered';

function doubled() {
  const groups: number[][] = [];
  const gathered = new Gathered<number, number>((values) => {
    groups.push([...values]);
    if (values.includes(0)) return Promise.reject(new Error('zero'));
    return Promise.resolve(values.map((value) => 2 * value));
  });
  return { groups, gathered };
}

it('does together what is asked in one turn, and gives each its own result', async () => {
  const { groups, gathered } = doubled();
  expect(await Promise.all([gathered.ask(1), gathered.ask(2), gathered.ask(3)])).toEqual([2, 4, 6]);
  expect(groups).toEqual([[1, 2, 3]]);
});

it('begins a group of its own for what is asked while work is under way', async () => {
  const { groups, gathered } = doubled();
  const first = gathered.ask(1);
  await nextTurn();
  expect(await Promise.all([first, gathered.ask(2)])).toEqual([2, 4]);
  expect(groups).toEqual([[1], [2]]);
});

it('keeps apart what has different keys, so that one’s failure is not another’s', async () => {
  const { gathered } = doubled();
  const [bad, good] = await Promise.allSettled([gathered.ask(0, 'a'), gathered.ask(1, 'b')]);
  expect(bad.status).toBe('rejected');
  expect(good).toEqual({ status: 'fulfilled', value: 2 });
});

it('fails for all of a group when its work does', async () => {
  const { gathered } = doubled();
  const results = await Promise.allSettled([gathered.ask(0), gathered.ask(1)]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
