import { describe, expect, it } from 'vitest';
import { drive } from './drive.fixture';
import { Session } from './session';
import type { SessionLimits, SessionSpec, TokenId } from './types';

const splitter = 100;
const eos = 104;
const begin = 105;

const spec = (limits: Partial<SessionLimits>, change: Partial<SessionSpec> = {}): SessionSpec => ({
  promptTokens: [1, 2, 3],
  policy: { kind: 'lightthinker', splitter, gists: [101, 102], continueToken: 103 },
  limits: { maxTokens: 100, maxThoughts: 10, maxThoughtTokens: 20, ...limits },
  endTokens: [eos],
  ...change,
});

function end(session: Session, text: readonly TokenId[]): unknown {
  const { events } = drive(session, (index) => text[index]);
  return events.at(-1);
}

describe('limits', () => {
  it('end a session at maxTokens sampled tokens, the last of which is not fed', () => {
    const session = new Session(spec({ maxTokens: 3 }));
    expect(end(session, [5, 6, 7, 8])).toEqual({ kind: 'finish', reason: 'max_tokens' });
    expect(session.accounting()).toMatchObject({ generatedTokens: 3, liveCells: 5, answerTokens: 3 });
  });

  it('end a session when a thought would be one too many, and leave it uncompressed', () => {
    const session = new Session(spec({ maxThoughts: 1 }));
    expect(end(session, [5, splitter, 6, splitter, 7])).toEqual({ kind: 'finish', reason: 'max_thoughts' });
    expect(session.accounting()).toMatchObject({ thoughts: 1, compressions: 1, generatedTokens: 4 });
    expect(session.transcript()).toEqual({ thoughts: [[5]], openThought: [], answer: [6] });
  });

  it('let a session go on after its last thought', () => {
    expect(end(new Session(spec({ maxThoughts: 1 })), [5, splitter, 6, 7, eos])).toEqual({
      kind: 'finish',
      reason: 'stop',
    });
  });

  it('close a thought by force: the splitter is fed, counted and in the checkpoint', () => {
    const session = new Session(spec({ maxThoughtTokens: 3 }));
    const { events } = drive(session, (index) => (index < 4 ? 5 : undefined));
    expect(session.checkpoint().sampled).toEqual([5, 5, splitter, 5]);
    expect(events).toContainEqual({ kind: 'thought', thought: 0, tokens: [5, 5] });
    expect(session.accounting()).toMatchObject({ generatedTokens: 4, compressions: 1 });
  });

  it('want no logits between the token that fills a thought and the continue', () => {
    const session = new Session(spec({ maxThoughtTokens: 2 }));
    session.fed(3);
    session.sampled(5);
    const wants: unknown[] = [];
    for (let feed = session.nextFeed(); feed; feed = session.nextFeed()) {
      wants.push([feed.kind === 'token' && feed.token, feed.wantsLogits]);
      session.fed(1);
    }
    expect(wants).toEqual([
      [5, false],
      [splitter, false],
      [101, false],
      [102, false],
      [103, true],
    ]);
  });

  it('end a session whose forced splitter is the last token allowed, and feed nothing more', () => {
    const session = new Session(spec({ maxTokens: 3, maxThoughtTokens: 3 }));
    expect(end(session, [5, 6])).toEqual({ kind: 'finish', reason: 'max_tokens' });
    expect([session.phase, session.liveCells, session.checkpoint().sampled]).toEqual([
      'done',
      4,
      [5, 6, splitter],
    ]);
  });

  it('take up a forced splitter from a checkpoint without forcing it again', () => {
    const limits = { maxThoughtTokens: 3 };
    const session = new Session(spec(limits, { replay: [5, 5, splitter, splitter, 6] }));
    expect(session.checkpoint().sampled).toEqual([5, 5, splitter, splitter, 6]);
    expect(session.thoughtIndex).toBe(2);
  });

  it('compress a long answer, too, but call it no thought', () => {
    const session = new Session(spec({ maxThoughtTokens: 4 }, { answerStart: begin }));
    const { events } = drive(session, (index) => [5, splitter, begin, 6, 7, 0, 8, eos][index]);
    expect(session.checkpoint().sampled).toEqual([5, splitter, begin, 6, 7, splitter, 8, eos]);
    expect(events.map((event) => event.kind)).toEqual([
      'thought',
      'compression',
      'answer-begins',
      'compression',
      'finish',
    ]);
    expect(session.accounting()).toMatchObject({
      thoughts: 1,
      compressions: 2,
      reasoningTokens: 3,
      answerTokens: 5,
    });
    expect(session.transcript()).toEqual({ thoughts: [[5]], openThought: [begin], answer: [6, 7, 8] });
  });
});

describe('cancelling', () => {
  it('ends a session in any phase and is told once', () => {
    const session = new Session(spec({}));
    session.fed(3);
    session.sampled(5);
    session.fed(1);
    session.sampled(splitter);
    session.fed(1);
    expect(session.phase).toBe('compress');
    expect(session.cancel()).toEqual([{ kind: 'finish', reason: 'cancelled' }]);
    expect(session.cancel()).toEqual([]);
    expect([session.phase, session.nextFeed(), session.liveCells]).toEqual(['done', undefined, 5]);
  });

  it('leaves a finished session as it was', () => {
    const session = new Session(spec({}));
    session.fed(3);
    session.sampled(eos);
    expect(session.cancel()).toEqual([]);
    expect(session.accounting().generatedTokens).toBe(1);
  });
});

describe('misuse', () => {
  it('is refused: sampling before the logits, feeding more than was asked, going on after the end', () => {
    const session = new Session(spec({}));
    expect(() => session.sampled(5)).toThrow('before its logits');
    expect(() => session.fed(4)).toThrow('4 tokens were reported as fed; the current feed holds 3');
    session.fed(3);
    session.sampled(eos);
    expect(() => session.sampled(5)).toThrow('finished (stop)');
    expect(() => new Session(spec({}, { promptTokens: [] }))).toThrow('at least one prompt token');
  });
});
