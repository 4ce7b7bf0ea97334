import type { ModelInfo, ResolvedLimits } from '@gistpool/contracts';
import type { Policy, TokenId } from '@gistpool/core';
import type { ModelFile } from './model-file';

export type Method = ModelInfo['method'];

/** How a model's sessions think, compress and answer. */
export interface ModelPolicy {
  readonly policy: Policy;
  readonly answerStart?: TokenId;
  /** Control tokens that belong to the method: never shown as text, and no user text may become one of them. */
  readonly controlTokens: readonly TokenId[];
  readonly gistCount: number;
  readonly defaultLimits: ResolvedLimits;
}

export type PolicyFound =
  { readonly ok: true; readonly found: ModelPolicy } | { readonly ok: false; readonly reason: string };

const NAMES = {
  splitter: '<|splitter|>',
  gist: (index: number): string => `<|o_${String(index)}|>`,
  continue: '<|continue|>',
  answers: ['<|begin_of_solution|>', '</think>'],
  memento: ['<|block_start|>', '<|block_end|>', '<|summary_start|>', '<|summary_end|>'],
} as const;

/**
 * What a job gets that names no limits. A small model (narrower than 1,024) is a demonstration with short thoughts;
 * a large one gets the published recipe's 10,240 tokens.
 *
 * | method      | small: tokens, thoughts, a thought | large               |
 * |-------------|------------------------------------|---------------------|
 * | lightthinker | 2048, 64, 64                      | 10240, 128, 512     |
 * | memento     | 1536, 64, 256                      | 10240, 128, 2048    |
 * | vanilla     | 1536, 64, 1536                     | 4096, 128, 4096     |
 * | window      | 2048, 64, 2048                     | 10240, 128, 10240   |
 */
export function defaultLimits(method: Method, width: number): ResolvedLimits {
  const isSmall = width < 1024;
  const of = (tokens: number, thoughtTokens: number): ResolvedLimits => ({
    max_tokens: tokens,
    max_thoughts: isSmall ? 64 : 128,
    max_thought_tokens: thoughtTokens,
  });
  switch (method) {
    case 'lightthinker':
      return isSmall ? of(2048, 64) : of(10_240, 512);
    case 'memento':
      return isSmall ? of(1536, 256) : of(10_240, 2048);
    case 'vanilla':
      return isSmall ? of(1536, 1536) : of(4096, 4096);
    case 'window':
      return isSmall ? of(2048, 2048) : of(10_240, 10_240);
  }
}

/** Prompt tokens that the default lane has room for besides the default limits. */
export const defaultPromptTokens = (width: number): number => (width < 1024 ? 320 : 1024);

class Unusable extends Error {}

/** The metadata's `gistpool.*` decide; without them the vocabulary does. */
export function policyOf(file: ModelFile): PolicyFound {
  try {
    return {
      ok: true,
      found: findPolicy(file, new Vocabulary(file.vocabulary), new Settings(file.settings)),
    };
  } catch (error) {
    if (error instanceof Unusable) return { ok: false, reason: error.message };
    throw error;
  }
}

function findPolicy(file: ModelFile, words: Vocabulary, settings: Settings): ModelPolicy {
  const method = methodOf(words, settings);
  const policy = ((): Policy => {
    switch (method) {
      case 'lightthinker':
        return lightThinker(words, settings);
      case 'memento':
        return memento(words, settings);
      case 'window':
        return {
          kind: 'window',
          firstTokens: settings.count('first_tokens') ?? 4,
          lastTokens: settings.count('last_tokens') ?? 512,
        };
      case 'vanilla':
        return { kind: 'vanilla' };
    }
  })();
  const answerName = settings.text('answer_token');
  const answerStart =
    answerName === undefined
      ? NAMES.answers.map((name) => words.find(name)).find((token) => token !== undefined)
      : words.require(answerName, 'gistpool.answer_token');
  const limits = defaultLimits(method, file.width);
  return {
    policy,
    ...(answerStart === undefined ? {} : { answerStart }),
    controlTokens: [...tokensOf(policy), ...(answerStart === undefined ? [] : [answerStart])],
    gistCount: policy.kind === 'lightthinker' ? policy.gists.length : 0,
    defaultLimits: {
      max_tokens: settings.count('max_tokens') ?? limits.max_tokens,
      max_thoughts: settings.count('max_thoughts') ?? limits.max_thoughts,
      max_thought_tokens: settings.count('max_thought_tokens') ?? limits.max_thought_tokens,
    },
  };
}

function methodOf(words: Vocabulary, settings: Settings): Method {
  const named = settings.text('method');
  if (named === undefined) {
    const isLightThinker = [NAMES.splitter, NAMES.gist(0), NAMES.continue].every(
      (name) => words.find(name) !== undefined,
    );
    if (isLightThinker) return 'lightthinker';
    return NAMES.memento.every((name) => words.find(name) !== undefined) ? 'memento' : 'vanilla';
  }
  if (named === 'lightthinker' || named === 'memento' || named === 'window' || named === 'vanilla')
    return named;
  throw new Unusable(`gistpool.method is "${named}"; known are lightthinker, memento, window and vanilla`);
}

function lightThinker(words: Vocabulary, settings: Settings): Policy {
  const everyTokens = settings.count('every_tokens');
  const lagThoughts = settings.count('lag_thoughts');
  return {
    kind: 'lightthinker',
    splitter: words.require(settings.text('splitter_token') ?? NAMES.splitter, 'gistpool.splitter_token'),
    gists: gistNames(words, settings).map((name) => words.require(name, 'gistpool.gist_tokens')),
    continueToken: words.require(
      settings.text('continue_token') ?? NAMES.continue,
      'gistpool.continue_token',
    ),
    ...(everyTokens === undefined ? {} : { everyTokens }),
    ...(lagThoughts === undefined ? {} : { lagThoughts }),
  };
}

function gistNames(words: Vocabulary, settings: Settings): readonly string[] {
  const count = settings.count('gist_count');
  const named = settings.texts('gist_tokens');
  if (named !== undefined) {
    if (count !== undefined && count !== named.length) {
      throw new Unusable(
        `gistpool.gist_count is ${String(count)}, but gistpool.gist_tokens names ${String(named.length)} tokens`,
      );
    }
    return named;
  }
  if (count !== undefined) return Array.from({ length: count }, (_, index) => NAMES.gist(index));
  const found: string[] = [];
  while (words.find(NAMES.gist(found.length)) !== undefined) found.push(NAMES.gist(found.length));
  return found;
}

function memento(words: Vocabulary, settings: Settings): Policy {
  const [blockStart, blockEnd, summaryStart, summaryEnd] = NAMES.memento;
  const keepLastBlocks = settings.count('keep_last_blocks');
  const evictDelimiters = settings.flag('evict_delimiters');
  return {
    kind: 'memento',
    blockStart: words.require(blockStart, 'memento'),
    blockEnd: words.require(blockEnd, 'memento'),
    summaryStart: words.require(summaryStart, 'memento'),
    summaryEnd: words.require(summaryEnd, 'memento'),
    ...(keepLastBlocks === undefined ? {} : { keepLastBlocks }),
    ...(evictDelimiters === undefined ? {} : { evictDelimiters }),
  };
}

function tokensOf(policy: Policy): TokenId[] {
  switch (policy.kind) {
    case 'lightthinker':
      return [policy.splitter, ...policy.gists, policy.continueToken];
    case 'memento':
      return [policy.blockStart, policy.blockEnd, policy.summaryStart, policy.summaryEnd];
    case 'vanilla':
    case 'window':
      return [];
  }
}

class Vocabulary {
  constructor(private readonly tokens: readonly string[]) {}

  find(text: string): TokenId | undefined {
    const token = this.tokens.indexOf(text);
    return token === -1 ? undefined : token;
  }

  require(text: string, from: string): TokenId {
    const token = this.find(text);
    if (token === undefined)
      throw new Unusable(`the vocabulary has no token ${JSON.stringify(text)}, which ${from} needs`);
    return token;
  }
}

class Settings {
  constructor(private readonly values: ReadonlyMap<string, unknown>) {}

  text(key: string): string | undefined {
    return this.read(key, 'a text', (value) => (typeof value === 'string' ? value : undefined));
  }

  texts(key: string): readonly string[] | undefined {
    return this.read(key, 'a list of texts', (value) =>
      Array.isArray(value) && value.every((entry) => typeof entry === 'string')
        ? (value as string[])
        : undefined,
    );
  }

  count(key: string): number | undefined {
    return this.read(key, 'a whole number from 0', (value) => {
      const count = typeof value === 'bigint' ? Number(value) : value;
      return typeof count === 'number' && Number.isInteger(count) && count >= 0 ? count : undefined;
    });
  }

  flag(key: string): boolean | undefined {
    return this.read(key, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined));
  }

  private read<T>(key: string, wanted: string, parse: (value: unknown) => T | undefined): T | undefined {
    const value = this.values.get(key);
    if (value === undefined) return undefined;
    const parsed = parse(value);
    if (parsed === undefined)
      throw new Unusable(
        `the metadata's gistpool.${key} must be ${wanted}, but is ${JSON.stringify(value, bigintAsText)}`,
      );
    return parsed;
  }
}

const bigintAsText = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value;
