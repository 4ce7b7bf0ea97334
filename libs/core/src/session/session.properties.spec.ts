import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closedFormDep, closedFormPeak, vanillaDep, vanillaPeak } from '../accounting/closed-forms';
import { lightThinkerPolicies, policies, sources, specs, TOKENS, wildSources } from './arbitrary.fixture';
import { upperBoundPeakCells } from './bound';
import { drive } from './drive.fixture';
import { Session } from './session';
import type { Accounting, SessionEvent, SessionSpec, TokenId } from './types';

const runs = { numRuns: 400 };
const withoutReplay = ({ replayedTokens: _, ...accounting }: Accounting): unknown => accounting;

describe('every session', () => {
  it('counts as live exactly the cells that were fed and not evicted, at every step', () => {
    fc.assert(
      fc.property(specs, wildSources, (spec, source) => {
        const session = new Session(spec);
        const { cache, isDone } = drive(session, source, {
          afterFeed: (now) => expect(session.liveCells).toBe(now.cells.size),
        });
        expect(isDone).toBe(true);
        expect(session.accounting().liveCells).toBe(cache.cells.size);
        expect(session.accounting().peakCells).toBe(cache.peak);
      }),
      runs,
    );
  });

  it('is caught by that count when the lane forgets to evict', () => {
    let caught = 0;
    fc.assert(
      fc.property(specs, sources, (spec, source) => {
        const session = new Session(spec);
        const { cache } = drive(session, source, { skipsEviction: true });
        const evicted = cache.fedPositions.length - session.liveCells;
        expect(cache.cells.size - session.liveCells).toBe(evicted);
        if (evicted > 0) caught += 1;
      }),
      runs,
    );
    expect(caught).toBeGreaterThan(50);
  });

  it('feeds positions 0, 1, 2 … and never renumbers', () => {
    fc.assert(
      fc.property(specs, wildSources, (spec, source) => {
        const { cache } = drive(new Session(spec), source);
        expect(cache.fedPositions).toEqual(cache.fedPositions.map((_, index) => index));
      }),
      runs,
    );
  });

  it('comes to the same whatever the chunks in which its rows are fed', () => {
    fc.assert(
      fc.property(
        specs,
        sources,
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        (spec, source, sizes) => {
          const whole = new Session(spec);
          const plain = drive(whole, source);
          const replay = whole.checkpoint().sampled.slice(0, sizes.length);
          const a = new Session({ ...spec, replay });
          const b = new Session({ ...spec, replay });
          let chunks = 0;
          const inOne = drive(a, source);
          const inChunks = drive(b, source, { chunk: () => sizes[chunks++ % sizes.length] ?? 1 });
          expect(inChunks).toEqual(inOne);
          expect(inChunks.cache.cells).toEqual(plain.cache.cells);
          expect(b.accounting()).toEqual(a.accounting());
        },
      ),
      runs,
    );
  });

  it('never feeds a token that ends it, and ends for a reason that its limits give', () => {
    fc.assert(
      fc.property(specs, sources, (spec, source) => {
        const session = new Session(spec);
        const { cache, events } = drive(session, source);
        const { generatedTokens, compressions } = session.accounting();
        expect([...cache.cells.values()]).not.toContain(TOKENS.eos);
        expect(generatedTokens).toBeLessThanOrEqual(spec.limits.maxTokens);
        expect(compressions).toBeLessThanOrEqual(spec.limits.maxThoughts);
        const last = events.at(-1);
        expect(events.filter((event) => event.kind === 'finish')).toHaveLength(1);
        expect(last?.kind).toBe('finish');
        if (last?.kind !== 'finish') return;
        if (last.reason === 'max_tokens') expect(generatedTokens).toBe(spec.limits.maxTokens);
        if (last.reason === 'max_thoughts') expect(compressions).toBe(spec.limits.maxThoughts);
        if (last.reason === 'stop') expect(session.checkpoint().sampled.at(-1)).toBe(TOKENS.eos);
      }),
      runs,
    );
  });

  it('has a course whose thoughts and tail are all that was sampled, and stands where its cells are', () => {
    fc.assert(
      fc.property(specs, sources, (spec, source) => {
        const session = new Session(spec);
        drive(session, source, {
          afterFeed: () => {
            const { floorCells, thoughtCells, promptTokens, peakCells } = session.standing;
            if (session.liveCells >= promptTokens) expect(floorCells + thoughtCells).toBe(session.liveCells);
            expect(peakCells).toBeGreaterThanOrEqual(session.liveCells);
          },
        });
        const { thoughtTokens, tailTokens } = session.course();
        const inThoughts = thoughtTokens.reduce((sum, tokens) => sum + tokens, 0);
        expect(inThoughts + tailTokens).toBe(session.accounting().generatedTokens);
        expect(session.standing).toMatchObject({ thoughts: thoughtTokens.length, sampledTokens: inThoughts });
      }),
      runs,
    );
  });

  it('leaves no sampled token out of thoughts, open thought and answer', () => {
    fc.assert(
      fc.property(specs, sources, (spec, source) => {
        const session = new Session(spec);
        const { events } = drive(session, source);
        const { thoughts, openThought, answer } = session.transcript();
        const hidden: TokenId[] = [TOKENS.eos];
        if (spec.policy.kind === 'lightthinker' && spec.policy.everyTokens === undefined)
          hidden.push(TOKENS.splitter);
        expect([...thoughts.flat(), ...openThought, ...answer]).toEqual(
          session.checkpoint().sampled.filter((token) => !hidden.includes(token)),
        );
        expect(events.flatMap((event) => (event.kind === 'thought' ? [event.tokens] : []))).toEqual(thoughts);
      }),
      runs,
    );
  });
});

describe('a lightthinker session', () => {
  const lightThinkerSpecs = fc
    .tuple(specs, lightThinkerPolicies)
    .map(([spec, policy]) => ({ ...spec, policy }));

  it('evicts sampled tokens and splitters only: never prompt, gists or continues', () => {
    fc.assert(
      fc.property(lightThinkerSpecs, sources, (spec, source) => {
        const { cache } = drive(new Session(spec), source);
        const kept: TokenId[] = [...TOKENS.gists, TOKENS.continueToken];
        for (const { position, token } of cache.evicted) {
          expect(position).toBeGreaterThanOrEqual(spec.promptTokens.length);
          expect(kept).not.toContain(token);
        }
      }),
      runs,
    );
  });

  it('keeps, after each compression, the gists and the continue in place of the thought', () => {
    fc.assert(
      fc.property(lightThinkerSpecs, sources, ({ answerStart: _, ...spec }, source) => {
        const { lagThoughts: _lag, ...policy } = spec.policy;
        const session = new Session({ ...spec, policy });
        const { events } = drive(session, source);
        const extra = policy.gists.length + 1;
        for (const event of events) {
          if (event.kind === 'compression') {
            expect(event.cellsAfter).toBe(spec.promptTokens.length + (event.thought + 1) * extra - 1);
          }
        }
      }),
      runs,
    );
  });

  it('has the peak and Dep of the closed forms', () => {
    fc.assert(
      fc.property(lightThinkerSpecs, sources, ({ answerStart: _, ...spec }, source) => {
        const { lagThoughts: _lag, ...policy } = spec.policy;
        const session = new Session({ ...spec, policy });
        const { events } = drive(session, source);
        const splitters = policy.everyTokens === undefined ? 1 : 0;
        const lengths = events.flatMap((event) =>
          event.kind === 'thought' ? [event.tokens.length + splitters] : [],
        );
        const accounting = session.accounting();
        const tail = accounting.generatedTokens - lengths.reduce((sum, length) => sum + length, 0);
        const measured = [accounting.peakTokens, accounting.dep];
        const form = [spec.promptTokens.length, lengths, tail, policy.gists.length] as const;
        expect(measured).toEqual([closedFormPeak(...form), closedFormDep(...form)]);
        expect(accounting.peakCells).toBeLessThanOrEqual(accounting.peakTokens);
        expect(accounting.compressions).toBe(lengths.length);
      }),
      runs,
    );
  });

  it('holds every thought below its limit', () => {
    fc.assert(
      fc.property(lightThinkerSpecs, sources, (spec, source) => {
        const { events } = drive(new Session(spec), source);
        for (const event of events) {
          if (event.kind === 'thought') {
            expect(event.tokens.length + (spec.policy.everyTokens === undefined ? 1 : 0)).toBeLessThanOrEqual(
              spec.limits.maxThoughtTokens,
            );
          }
        }
      }),
      runs,
    );
  });
});

describe('a vanilla session', () => {
  it('has the peak and Dep of plain decoding and counts no thoughts', () => {
    fc.assert(
      fc.property(specs, sources, (spec, source) => {
        const session = new Session({ ...spec, policy: { kind: 'vanilla' } });
        drive(session, source);
        const { promptTokens, generatedTokens, ...accounting } = session.accounting();
        expect(accounting.peakTokens).toBe(vanillaPeak(promptTokens, generatedTokens));
        expect(accounting.vanillaPeakCells).toBe(accounting.peakTokens);
        expect(accounting.dep).toBe(vanillaDep(promptTokens, generatedTokens));
        expect(accounting.vanillaDep).toBe(accounting.dep);
        expect([accounting.thoughts, accounting.compressions]).toEqual([0, 0]);
      }),
      runs,
    );
  });
});

/** The token after its only compression is the one it may not take: it is at its end where it would be taken up. */
const endsWithItsCompression: SessionSpec = {
  promptTokens: [0],
  policy: {
    kind: 'memento',
    blockStart: 120,
    blockEnd: 121,
    summaryStart: 122,
    summaryEnd: 123,
    keepLastBlocks: 0,
    evictDelimiters: false,
  },
  limits: { maxTokens: 5, maxThoughts: 1, maxThoughtTokens: 2 },
  endTokens: [140],
};

describe('a replay', () => {
  it('goes on from any moment exactly as the uninterrupted session', () => {
    fc.assert(
      fc.property(specs, sources, fc.nat({ max: 150 }), (spec, source, stopAfter) => {
        const whole = new Session(spec);
        const uninterrupted = drive(whole, source);

        let feeds = 0;
        const lost = new Session(spec);
        drive(lost, source, { stopWhen: () => feeds >= stopAfter, afterFeed: () => (feeds += 1) });
        const { sampled } = lost.checkpoint();

        const resumed = new Session({ ...spec, replay: sampled });
        const second = drive(resumed, source);
        expect(second.cache.cells).toEqual(uninterrupted.cache.cells);
        expect(second.cache.fedPositions).toEqual(uninterrupted.cache.fedPositions);
        expect(second.cache.evicted).toEqual(uninterrupted.cache.evicted);
        expect(second.cache.seen).toEqual(
          uninterrupted.cache.seen.slice(-second.cache.seen.length || Infinity),
        );
        expect(withoutReplay(resumed.accounting())).toEqual(withoutReplay(whole.accounting()));
        expect(resumed.checkpoint()).toEqual(whole.checkpoint());
        expect(resumed.transcript()).toEqual(whole.transcript());
        expect(resumed.course()).toEqual(whole.course());
      }),
      { numRuns: 1000 },
    );
  });

  it('tells no event twice and leaves none out when taken up from a thought boundary', () => {
    let resumed = 0;
    fc.assert(
      fc.property(specs, sources, fc.nat({ max: 10 }), (spec, source, compressions) => {
        const uninterrupted = drive(new Session(spec), source);
        const lost = new Session(spec);
        const first = drive(lost, source, { stopWhen: () => lost.accounting().compressions > compressions });
        if (first.isDone) return;
        const second = drive(new Session({ ...spec, replay: lost.checkpoint().sampled }), source);
        expect([...first.events, ...second.events]).toEqual(uninterrupted.events);
        resumed += 1;
      }),
      { ...runs, examples: [[endsWithItsCompression, (index) => [120, 121, 122, 123][index % 4] ?? 0, 0]] },
    );
    expect(resumed).toBeGreaterThan(40);
  });

  it('that is told how many compressions were told tells each of the others once, wherever it is taken up', () => {
    let amidCompression = 0;
    fc.assert(
      fc.property(specs, sources, fc.nat({ max: 150 }), (spec, source, stopAfter) => {
        const whole = drive(new Session(spec), source);
        let feeds = 0;
        const lost = new Session(spec);
        const first = drive(lost, source, {
          stopWhen: () => feeds >= stopAfter,
          afterFeed: () => (feeds += 1),
        });
        if (first.isDone) return;
        const { sampled } = lost.checkpoint();
        const second = drive(
          new Session({ ...spec, replay: sampled, toldCompressions: lost.compressions }),
          source,
        );
        const compressions = (events: readonly SessionEvent[]) =>
          events.filter(({ kind }) => kind === 'compression');
        expect([...compressions(first.events), ...compressions(second.events)]).toEqual(
          compressions(whole.events),
        );
        if (lost.phase === 'compress') amidCompression += 1;
      }),
      runs,
    );
    expect(amidCompression).toBeGreaterThan(0);
  });

  it('knows beforehand the most cells that its rows hold', () => {
    fc.assert(
      fc.property(specs, sources, fc.nat({ max: 150 }), (spec, source, tokens) => {
        const whole = new Session(spec);
        drive(whole, source);
        const replay = whole.checkpoint().sampled.slice(0, tokens);
        const session = new Session({ ...spec, replay });
        const { rowsPeakCells } = session;
        drive(session, source, { stopWhen: () => session.phase !== 'prefill' });
        expect(session.peakCells).toBe(rowsPeakCells);
      }),
      runs,
    );
  });
});

describe('the upper bound of the peak', () => {
  it('is never exceeded, under any policy, whatever is sampled', () => {
    fc.assert(
      fc.property(specs, wildSources, (spec, source) => {
        const session = new Session(spec);
        drive(session, source);
        const bound = upperBoundPeakCells(spec.policy, spec.promptTokens.length, spec.limits);
        expect(session.accounting().peakCells).toBeLessThanOrEqual(bound);
        expect(session.accounting().peakTokens).toBeLessThanOrEqual(bound);
      }),
      { numRuns: 3000 },
    );
  });

  it('is never exceeded by those who try: runs of splitters, then of text, then of splitters', () => {
    fc.assert(
      fc.property(lightThinkerAttempts(), ({ spec, most, bound }) => {
        expect(most, JSON.stringify(spec)).toBeLessThanOrEqual(bound);
      }),
      { numRuns: 60 },
    );
  });

  it('is reached to within three cells and one per thought of lag', () => {
    fc.assert(
      fc.property(lightThinkerAttempts(), ({ spec, most, bound }) => {
        const lag = spec.policy.kind === 'lightthinker' ? (spec.policy.lagThoughts ?? 0) : 0;
        expect(bound - most, JSON.stringify(spec)).toBeLessThanOrEqual(3 + lag);
      }),
      { numRuns: 60 },
    );
  });

  it('is reached to within a cell where nothing can be compelled to go', () => {
    fc.assert(
      fc.property(specs, policies, (spec, policy) => {
        if (policy.kind === 'lightthinker') return;
        const session = new Session({ ...spec, policy });
        drive(session, () => 1);
        const bound = upperBoundPeakCells(policy, spec.promptTokens.length, spec.limits);
        expect(bound - session.accounting().peakCells).toBeLessThanOrEqual(1);
      }),
      runs,
    );
  });
});

/** The peak of the worst of many texts made to grow the cache, beside the bound. */
function lightThinkerAttempts(): fc.Arbitrary<{ spec: SessionSpec; most: number; bound: number }> {
  return fc
    .record({
      policy: lightThinkerPolicies,
      promptLength: fc.integer({ min: 1, max: 4 }),
      limits: fc.record({
        maxTokens: fc.integer({ min: 1, max: 28 }),
        maxThoughts: fc.integer({ min: 1, max: 12 }),
        maxThoughtTokens: fc.integer({ min: 2, max: 12 }),
      }),
    })
    .map(({ promptLength, ...rest }) => {
      const spec: SessionSpec = {
        ...rest,
        promptTokens: Array(promptLength).fill(0) as TokenId[],
        endTokens: [TOKENS.eos],
      };
      let most = 0;
      for (let splitters = 0; splitters <= spec.limits.maxTokens; splitters += 1) {
        for (let text = 0; text <= spec.limits.maxTokens - splitters; text += 1) {
          const session = new Session(spec);
          drive(session, (index) => (index < splitters || index >= splitters + text ? TOKENS.splitter : 1));
          most = Math.max(most, session.accounting().peakCells);
        }
      }
      return { spec, most, bound: upperBoundPeakCells(spec.policy, promptLength, spec.limits) };
    });
}
