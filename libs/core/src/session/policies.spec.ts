import { describe, expect, it } from 'vitest';
import { drive } from './drive.fixture';
import { Session } from './session';
import type { Policy, PositionRange, SessionSpec, TokenId } from './types';

const splitter = 100;
const eos = 104;
const thinker = { kind: 'lightthinker', splitter, gists: [101, 102], continueToken: 103 } as const;
const [blockStart, blockEnd, summaryStart, summaryEnd] = [120, 121, 122, 123] as const;
const memento = { kind: 'memento', blockStart, blockEnd, summaryStart, summaryEnd } as const;

const spec = (policy: Policy, change: Partial<SessionSpec> = {}): SessionSpec => ({
  promptTokens: [1, 2, 3],
  policy,
  limits: { maxTokens: 100, maxThoughts: 10, maxThoughtTokens: 20 },
  endTokens: [eos],
  ...change,
});

/** What is left in the cache after `text`, in order of position. */
function left(policy: Policy, text: readonly TokenId[], change: Partial<SessionSpec> = {}): TokenId[] {
  const { cache } = drive(new Session(spec(policy, change)), (index) => text[index]);
  return [...cache.cells.values()];
}

/** The feeds of a session's rows, with what each evicts. */
function rows(session: Session): unknown[] {
  const seen: unknown[] = [];
  for (let feed = session.nextFeed(); feed?.kind === 'row'; feed = session.nextFeed()) {
    const evict: PositionRange[] = session.fed(feed.tokens.length).evict;
    seen.push([feed.firstPosition, feed.tokens, feed.wantsLogits, ...evict]);
  }
  return seen;
}

describe('vanilla', () => {
  it('keeps everything, a splitter in the text included', () => {
    expect(left({ kind: 'vanilla' }, [5, splitter, 6, eos])).toEqual([1, 2, 3, 5, splitter, 6]);
  });
});

describe('lightthinker at token level', () => {
  it('compresses after every k sampled tokens and feeds no splitter', () => {
    expect(left({ ...thinker, everyTokens: 2 }, [5, 6, 7, 8, 9, eos])).toEqual([
      1, 2, 3, 101, 102, 103, 101, 102, 103, 9,
    ]);
  });

  it('takes a splitter for text', () => {
    const session = new Session(spec({ ...thinker, everyTokens: 2 }));
    const { events } = drive(session, (index) => [splitter, 5, eos][index]);
    expect(events[0]).toEqual({ kind: 'thought', thought: 0, tokens: [splitter, 5] });
  });
});

describe('lightthinker with a lag', () => {
  it('evicts a thought when so many later ones are compressed', () => {
    const lagging = { ...thinker, lagThoughts: 1 };
    expect(left(lagging, [5, splitter, eos])).toEqual([1, 2, 3, 5, splitter, 101, 102, 103]);
    expect(left(lagging, [5, splitter, 6, splitter, eos])).toEqual([
      1,
      2,
      3,
      101,
      102,
      103,
      6,
      splitter,
      101,
      102,
      103,
    ]);
  });

  it('raises the floor by what it keeps', () => {
    const session = new Session(spec({ ...thinker, lagThoughts: 1 }));
    drive(session, (index) => [5, splitter, 6][index]);
    expect([session.floor, session.liveCells]).toEqual([8, 9]);
  });
});

describe('memento', () => {
  const block = [blockStart, 5, 6, blockEnd, summaryStart, 7, summaryEnd] as const;

  it('evicts a block when its summary has ended, and keeps delimiters and summary', () => {
    expect(left(memento, [...block, 8, eos])).toEqual([
      1,
      2,
      3,
      blockStart,
      blockEnd,
      summaryStart,
      7,
      summaryEnd,
      8,
    ]);
  });

  it('evicts the delimiters with the block when told so', () => {
    expect(left({ ...memento, evictDelimiters: true }, [...block, eos])).toEqual([
      1,
      2,
      3,
      summaryStart,
      7,
      summaryEnd,
    ]);
  });

  it('keeps the last blocks when told so', () => {
    expect(left({ ...memento, keepLastBlocks: 1, evictDelimiters: true }, [...block, ...block, eos])).toEqual(
      [1, 2, 3, summaryStart, 7, summaryEnd, ...block],
    );
  });

  it('takes delimiters out of order for text', () => {
    const text = [summaryEnd, blockEnd, blockStart, 5, summaryEnd, summaryStart, 6];
    expect(left(memento, [...text, eos])).toEqual([1, 2, 3, ...text]);
  });

  it('ends a block by force when it has grown to its limit', () => {
    const session = new Session(
      spec(memento, { limits: { maxTokens: 100, maxThoughts: 10, maxThoughtTokens: 3 } }),
    );
    drive(session, (index) => [blockStart, 5, 6, undefined, summaryStart, 7, summaryEnd][index]);
    expect(session.checkpoint().sampled).toEqual([blockStart, 5, 6, blockEnd, summaryStart, 7, summaryEnd]);
    expect(session.accounting()).toMatchObject({ compressions: 1, thoughts: 1 });
  });
});

describe('window', () => {
  it('keeps the first tokens and the last', () => {
    expect(left({ kind: 'window', firstTokens: 1, lastTokens: 2 }, [5, 6, 7, eos])).toEqual([1, 6, 7]);
  });

  it('lets go what is outside the window at the end of the prompt, which was prefilled whole', () => {
    const session = new Session(spec({ kind: 'window', firstTokens: 1, lastTokens: 1 }));
    expect(rows(session)).toEqual([[0, [1, 2, 3], true, { start: 1, end: 2 }]]);
    expect(session.accounting()).toMatchObject({ peakCells: 3, liveCells: 2 });
  });
});

describe('a replay', () => {
  it('feeds prompt, thought, splitter and gists in one row, and the continue at the head of the next', () => {
    const session = new Session(spec(thinker, { replay: [5, 6, splitter, 7, splitter, 8] }));
    expect(rows(session)).toEqual([
      [0, [1, 2, 3, 5, 6, splitter, 101, 102], false, { start: 3, end: 6 }],
      [8, [103, 7, splitter, 101, 102], false, { start: 9, end: 11 }],
      [13, [103, 8], true],
    ]);
    expect(session.phase).toBe('think');
    expect(session.accounting().replayedTokens).toBe(12);
  });

  it('of a session that had ended feeds its rows, wants no logits and tells the finish at the end', () => {
    const session = new Session(spec(thinker, { replay: [5, eos] }));
    expect(session.phase).toBe('prefill');
    expect(session.nextFeed()).toMatchObject({ tokens: [1, 2, 3, 5], wantsLogits: false });
    expect(session.fed(3).events).toEqual([]);
    expect(session.fed(1).events).toEqual([{ kind: 'finish', reason: 'stop' }]);
    expect(session.phase).toBe('done');
  });

  it('may begin with nothing', () => {
    const session = new Session(spec(thinker, { replay: [] }));
    expect(session.nextFeed()).toMatchObject({ tokens: [1, 2, 3], wantsLogits: true });
    expect(session.accounting().replayedTokens).toBe(0);
  });
});
