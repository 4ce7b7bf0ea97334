import { describe, expect, it } from 'vitest';
import type { JobEvent } from '@gistpool/contracts';
import { sawToothSeries } from './saw-tooth-series';
import { continued, NO_STORY, type Told } from './story';

const told = (...events: JobEvent[]): Told[] => events.map((event, at) => ({ event, atMs: at }));
const state = (name: 'waiting' | 'placed' | 'thinking' | 'completed', card?: string): JobEvent => ({
  type: 'state',
  state: name,
  at_ms: 0,
  ...(card === undefined ? {} : { card }),
});
const text = (thought: number, words: string): JobEvent => ({ type: 'text', thought, text: words });
const thought = (number: number, words: string, tokens: number): JobEvent => ({
  type: 'thought',
  thought: number,
  text: words,
  tokens,
});
const compression = (number: number, before: number, after: number): JobEvent => ({
  type: 'compression',
  thought: number,
  cells_before: before,
  cells_after: after,
});

describe('the story of a job', () => {
  it('has its thoughts with cells before and after, what is being written, and its answer', () => {
    const begun = continued(
      NO_STORY,
      told(
        state('waiting'),
        state('placed', 'card-0'),
        text(0, 'one '),
        text(0, 'two'),
        thought(0, 'one two', 5),
        compression(0, 40, 12),
        text(1, 'three'),
      ),
    );
    expect(begun.states).toMatchObject([{ state: 'waiting' }, { state: 'placed', card: 'card-0' }]);
    expect(begun.thoughts).toMatchObject([{ text: 'one two', tokens: 5, cellsBefore: 40, cellsAfter: 12 }]);
    expect(begun.current).toEqual({ thought: 1, text: 'three' });
    const ended = continued(begun, told({ type: 'answer', text: 'three' }, state('completed')));
    expect(ended).toMatchObject({ answer: 'three', current: { text: '' } });
  });

  it('begins a thought anew that a lost worker left half done', () => {
    const story = continued(
      NO_STORY,
      told(thought(0, 'a', 1), text(1, 'half'), state('waiting'), state('placed'), text(1, 'whole')),
    );
    expect(story.current).toEqual({ thought: 1, text: 'whole' });
  });

  it('has a thought once that is told twice', () => {
    const story = continued(
      NO_STORY,
      told(thought(0, 'a', 3), compression(0, 9, 5), thought(0, 'a', 3), compression(0, 9, 5)),
    );
    expect(story.thoughts).toHaveLength(1);
  });
});

describe('the saw-tooth', () => {
  const thoughts = [
    { thought: 0, text: '', tokens: 20, cellsBefore: 50, cellsAfter: 34, atMs: 0 },
    { thought: 1, text: '', tokens: 10, cellsBefore: 44, cellsAfter: 38, atMs: 0 },
  ];

  it('rises over each thought, falls at its compression, and rises since', () => {
    expect(sawToothSeries({ promptTokens: 30, thoughts, tailTokens: 7 })).toEqual({
      tokens: [0, 20, 20, 30, 30, 37],
      cells: [30, 50, 34, 44, 38, 45],
      plain: [30, 50, 50, 60, 60, 67],
    });
  });

  it('of a model that does not compress is a ramp', () => {
    const { cells, plain } = sawToothSeries({ promptTokens: 30, thoughts: [], tailTokens: 100 });
    expect(cells).toEqual([30, 130]);
    expect(plain).toEqual(cells);
  });
});
