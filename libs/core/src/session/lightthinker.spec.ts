import { describe, expect, it } from 'vitest';
import { drive } from './drive.fixture';
import { Session } from './session';
import type { Feed, SessionSpec, TokenId } from './types';

const splitter = 100;
const gists = [101, 102];
const continueToken = 103;
const eos = 104;
const begin = 105;

const spec = (change: Partial<SessionSpec> = {}): SessionSpec => ({
  promptTokens: [1, 2, 3],
  policy: { kind: 'lightthinker', splitter, gists, continueToken },
  limits: { maxTokens: 100, maxThoughts: 10, maxThoughtTokens: 20 },
  endTokens: [eos],
  ...change,
});

const from =
  (tokens: readonly TokenId[]) =>
  (index: number): TokenId | undefined =>
    tokens[index];

/** Each feed as the lane sees it. */
function feeds(session: Session, tokens: readonly TokenId[]): unknown[] {
  const seen: unknown[] = [];
  for (let feed: Feed | undefined = session.nextFeed(); feed; feed = session.nextFeed()) {
    const { evict } = session.fed(feed.kind === 'row' ? feed.tokens.length : 1);
    const at = feed.kind === 'row' ? feed.firstPosition : feed.position;
    seen.push([
      at,
      feed.kind === 'row' ? feed.tokens : feed.token,
      feed.wantsLogits ? 'logits' : '',
      ...evict,
    ]);
    if (feed.wantsLogits) {
      const token = tokens[session.checkpoint().sampled.length];
      if (token === undefined) break;
      session.sampled(token);
    }
  }
  return seen;
}

describe('a lightthinker session', () => {
  it('feeds splitter and gists, evicts the thought, then feeds continue for the next thought', () => {
    expect(feeds(new Session(spec()), [10, 11, splitter, 12, eos])).toEqual([
      [0, [1, 2, 3], 'logits'],
      [3, 10, 'logits'],
      [4, 11, 'logits'],
      [5, splitter, ''],
      [6, 101, ''],
      [7, 102, '', { start: 3, end: 6 }],
      [8, continueToken, 'logits'],
      [9, 12, 'logits'],
    ]);
  });

  it('tells thought, compression and finish, in this order', () => {
    const { events } = drive(new Session(spec()), from([10, 11, splitter, 12, eos]));
    expect(events).toEqual([
      { kind: 'thought', thought: 0, tokens: [10, 11] },
      { kind: 'compression', thought: 0, cellsBefore: 8, cellsAfter: 5 },
      { kind: 'finish', reason: 'stop' },
    ]);
  });

  it('accounts what was sampled and what was held', () => {
    const session = new Session(spec());
    drive(session, from([10, 11, splitter, 12, eos]));
    expect(session.accounting()).toEqual({
      promptTokens: 3,
      generatedTokens: 5,
      reasoningTokens: 3,
      answerTokens: 2,
      thoughts: 1,
      compressions: 1,
      liveCells: 7,
      peakCells: 8,
      peakTokens: 3 + 3 + 3,
      dep: 4 + 5 + 6 + 7 + 8,
      vanillaPeakCells: 8,
      vanillaDep: 30,
      replayedTokens: 0,
    });
    expect(session.phase).toBe('done');
  });

  it('walks through its phases', () => {
    const session = new Session(spec({ answerStart: begin }));
    const phases = [session.phase];
    const source = [10, splitter, begin, 11, eos];
    drive(
      session,
      (index) => {
        phases.push(session.phase);
        return source[index];
      },
      { afterFeed: () => phases.push(session.phase) },
    );
    expect(phases.filter((phase, index) => phase !== phases[index - 1])).toEqual([
      'prefill',
      'think',
      'compress',
      'think',
      'answer',
    ]);
    expect(session.phase).toBe('done');
  });

  it('forbids the sampler what only the session feeds', () => {
    expect(new Session(spec()).forbiddenTokens).toEqual([101, 102, 103]);
  });
});
