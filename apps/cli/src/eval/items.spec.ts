import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordOf } from './record.fixture';
import { busySeconds, itemsOf, majorityOf } from './items';

describe('the items of a run', () => {
  it('are sorted by family and number, each with its samples in order', () => {
    const items = itemsOf([
      recordOf({ id: 'b-2', family: 'b', sample: 1 }),
      recordOf({ id: 'b-10', family: 'b' }),
      recordOf({ id: 'a-1', family: 'a' }),
      recordOf({ id: 'b-2', family: 'b', sample: 0 }),
    ]);
    expect(items.map(({ id, samples }) => [id, samples.map(({ sample }) => sample)])).toEqual([
      ['a-1', [0]],
      ['b-2', [0, 1]],
      ['b-10', [0]],
    ]);
  });

  it('count the last record of a sample: a failure that was asked again is forgotten', () => {
    const [item] = itemsOf([
      recordOf({ state: 'failed', answer: '', right: false }),
      recordOf({ answer: 'yes', right: true }),
    ]);
    expect(item).toMatchObject({ isCompleted: true, isRight: true, answer: 'yes' });
    expect(item?.usages).toHaveLength(1);
  });

  it('are right when the majority is right', () => {
    const answers = ['7', '18', '18', '7', '18'];
    const [item] = itemsOf(
      answers.map((answer, sample) => recordOf({ sample, answer, right: answer === '18' })),
    );
    expect(item).toMatchObject({ answer: '18', isRight: true });
  });
});

describe('a vote', () => {
  const sample = (answer: string, state: 'completed' | 'failed' = 'completed') => ({ answer, state });

  it('goes to the first of answers with as many votes', () => {
    expect(majorityOf([sample('a'), sample('b'), sample('b'), sample('a')])?.answer).toBe('a');
  });

  it('counts neither failures nor samples without an answer', () => {
    expect(majorityOf([sample(''), sample(''), sample('x', 'failed'), sample('b')])?.answer).toBe('b');
    expect(majorityOf([sample('')])).toBeUndefined();
  });

  it('goes to an answer that no other outnumbers', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }), (answers) => {
        const count = (of: string) => answers.filter((answer) => answer === of).length;
        const winner = majorityOf(answers.map((answer) => sample(answer)))?.answer ?? '';
        expect(count(winner)).toBe(Math.max(...answers.map(count)));
      }),
    );
  });
});

describe('the time of a run', () => {
  it('leaves out the pause between its parts and counts what ran side by side once', () => {
    const span = (from: number, to: number) => recordOf({ placed_at_ms: from, finished_at_ms: to });
    expect(busySeconds([span(1000, 3000), span(2000, 4000), span(100_000, 101_000)])).toBe(4);
    expect(busySeconds([])).toBe(0);
  });
});
