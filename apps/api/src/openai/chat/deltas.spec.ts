import { describe, expect, it } from 'vitest';
import type { JobEvent, JobResult } from '@gistpool/contracts';
import { Deltas } from './deltas';

const state = (name: 'waiting' | 'retrying' | 'thinking' | 'answering'): JobEvent => ({
  type: 'state',
  state: name,
  at_ms: 0,
});
const text = (thought: number, words: string): JobEvent => ({ type: 'text', thought, text: words });
const thought = (number: number, words: string): JobEvent => ({
  type: 'thought',
  thought: number,
  text: words,
  tokens: 1,
});
const RESULT: JobResult = {
  thoughts: ['first. ', 'second. '],
  answer: 'the end',
  text: 'first. second. the end',
  finish_reason: 'stop',
};

function told(events: readonly JobEvent[], result = RESULT, answersAtOnce = false) {
  const deltas = new Deltas(answersAtOnce);
  const all = [...events.flatMap((event) => deltas.next(event)), ...deltas.rest(result)];
  const join = (kind: string) =>
    all
      .filter((delta) => delta.kind === kind)
      .map((delta) => delta.text)
      .join('|');
  return { reasoning: join('reasoning'), content: join('content') };
}

describe('what a client is told', () => {
  it('is reasoning until the answer begins, then content', () => {
    const events = [
      state('thinking'),
      text(0, 'fir'),
      text(0, 'st. '),
      thought(0, 'first. '),
      text(1, 'second. '),
    ];
    const all = told([
      ...events,
      thought(1, 'second. '),
      state('answering'),
      text(2, 'the '),
      text(2, 'end'),
    ]);
    expect(all).toEqual({ reasoning: 'fir|st. |second. ', content: 'the |end' });
  });

  it('is each word once when a worker dies in the middle of a thought, which is then thought again', () => {
    const before = [state('thinking'), text(0, 'first. '), thought(0, 'first. '), text(1, 'sec')];
    const again = [
      state('retrying'),
      state('thinking'),
      text(1, 'second'),
      text(1, '. '),
      thought(1, 'second. '),
    ];
    const all = told([...before, ...again, state('answering'), text(2, 'the end')]);
    expect(all).toEqual({ reasoning: 'first. |sec|ond. ', content: 'the end' });
  });

  it('is each word once when a whole thought that was told is thought again', () => {
    const before = [state('thinking'), text(0, 'first. '), thought(0, 'first. ')];
    const again = [
      state('retrying'),
      state('thinking'),
      text(0, 'first. '),
      thought(0, 'first. '),
      text(1, 'second. '),
    ];
    const all = told([...before, ...again, thought(1, 'second. '), state('answering'), text(2, 'the end')]);
    expect(all).toEqual({ reasoning: 'first. |second. ', content: 'the end' });
  });

  it('is each word once when a worker hands an answer back in its middle', () => {
    const before = [text(0, 'first. second. '), state('answering'), text(2, 'the ')];
    const all = told([...before, state('waiting'), state('answering'), text(2, 'e'), text(2, 'nd')]);
    expect(all).toEqual({ reasoning: 'first. second. ', content: 'the |end' });
  });

  it('is the whole answer of a model that ended without marking it', () => {
    expect(told([text(0, 'first. second. '), text(2, 'the end')]).content).toBe('the end');
  });

  it('is content at once from a model that does nothing but answer', () => {
    const plain = { ...RESULT, thoughts: [], text: 'the end' };
    expect(told([state('thinking'), text(0, 'the '), text(0, 'end')], plain, true)).toEqual({
      reasoning: '',
      content: 'the |end',
    });
  });
});
