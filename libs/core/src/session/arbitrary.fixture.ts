import fc from 'fast-check';
import type { Policy, SessionLimits, SessionSpec, TokenId } from './types';

/** Control tokens of all policies under test; text is 0-9. */
export const TOKENS = {
  splitter: 100,
  gists: [101, 102, 103],
  continueToken: 110,
  blockStart: 120,
  blockEnd: 121,
  summaryStart: 122,
  summaryEnd: 123,
  answerStart: 130,
  eos: 140,
} as const;

export const lightThinkerPolicies: fc.Arbitrary<Extract<Policy, { kind: 'lightthinker' }>> = fc
  .record({
    gistCount: fc.integer({ min: 0, max: 3 }),
    everyTokens: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    lagThoughts: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  })
  .map(({ gistCount, everyTokens, lagThoughts }) => ({
    kind: 'lightthinker',
    splitter: TOKENS.splitter,
    gists: TOKENS.gists.slice(0, gistCount),
    continueToken: TOKENS.continueToken,
    ...(everyTokens === undefined ? {} : { everyTokens }),
    ...(lagThoughts === undefined ? {} : { lagThoughts }),
  }));

export const policies: fc.Arbitrary<Policy> = fc.oneof(
  { weight: 4, arbitrary: lightThinkerPolicies },
  { weight: 1, arbitrary: fc.constant<Policy>({ kind: 'vanilla' }) },
  {
    weight: 3,
    arbitrary: fc
      .record({ keepLastBlocks: fc.integer({ min: 0, max: 2 }), evictDelimiters: fc.boolean() })
      .map((options): Policy => ({
        kind: 'memento',
        blockStart: TOKENS.blockStart,
        blockEnd: TOKENS.blockEnd,
        summaryStart: TOKENS.summaryStart,
        summaryEnd: TOKENS.summaryEnd,
        ...options,
      })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ firstTokens: fc.integer({ min: 0, max: 5 }), lastTokens: fc.integer({ min: 1, max: 8 }) })
      .map((window): Policy => ({ kind: 'window', ...window })),
  },
);

export const limits: fc.Arbitrary<SessionLimits> = fc.record({
  maxTokens: fc.integer({ min: 1, max: 60 }),
  maxThoughts: fc.integer({ min: 1, max: 12 }),
  maxThoughtTokens: fc.integer({ min: 2, max: 12 }),
});

const text = fc.integer({ min: 0, max: 9 });

/** Endless: the sampled text, over and over. The end token is rare, so that most sessions run into a limit. */
const sourceOf = (alphabet: fc.Arbitrary<TokenId>): fc.Arbitrary<(index: number) => TokenId> =>
  fc
    .array(alphabet, { minLength: 1, maxLength: 70 })
    .map((tokens) => (index) => tokens[index % tokens.length] ?? 0);

const control = fc.constantFrom<TokenId>(
  TOKENS.splitter,
  TOKENS.blockStart,
  TOKENS.blockEnd,
  TOKENS.summaryStart,
  TOKENS.summaryEnd,
);
const memento = fc.constantFrom<TokenId[]>([
  TOKENS.blockStart,
  1,
  2,
  TOKENS.blockEnd,
  TOKENS.summaryStart,
  3,
  TOKENS.summaryEnd,
]);

/** What a model may sample when its sampler heeds `forbiddenTokens`. */
export const sources: fc.Arbitrary<(index: number) => TokenId> = fc.oneof(
  sourceOf(
    fc.oneof(
      { weight: 12, arbitrary: text },
      { weight: 5, arbitrary: control },
      { weight: 1, arbitrary: fc.constantFrom<TokenId>(TOKENS.answerStart, TOKENS.eos) },
    ),
  ),
  fc
    .array(fc.oneof(memento, fc.array(text, { maxLength: 4 })), { minLength: 1, maxLength: 10 })
    .map((spans) => [...spans.flat(), 5])
    .map(
      (tokens) =>
        (index: number): TokenId =>
          tokens[index % tokens.length] ?? 0,
    ),
);

/** Anything at all, gists and continues included. */
export const wildSources: fc.Arbitrary<(index: number) => TokenId> = sourceOf(
  fc.oneof(
    { weight: 6, arbitrary: text },
    { weight: 5, arbitrary: control },
    { weight: 1, arbitrary: fc.constantFrom<TokenId>(...TOKENS.gists, TOKENS.continueToken) },
  ),
);

export const specs: fc.Arbitrary<SessionSpec> = fc
  .record({
    promptTokens: fc.array(text, { minLength: 1, maxLength: 12 }),
    policy: policies,
    limits,
    hasAnswer: fc.boolean(),
  })
  .map(({ hasAnswer, ...spec }) => ({
    ...spec,
    endTokens: [TOKENS.eos],
    ...(hasAnswer ? { answerStart: TOKENS.answerStart } : {}),
  }));
