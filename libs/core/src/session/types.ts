/** A token's number in the model's vocabulary. */
export type TokenId = number;

/** Positions [start, end) of one session's cache. Positions are absolute and never renumbered. */
export interface PositionRange {
  readonly start: number;
  readonly end: number;
}

/** When cells go, and what is fed in their place. */
export type Policy =
  | { readonly kind: 'vanilla' }
  | {
      readonly kind: 'lightthinker';
      readonly splitter: TokenId;
      readonly gists: readonly TokenId[];
      readonly continueToken: TokenId;
      /** Token level: compress after so many sampled tokens instead of at a splitter. */
      readonly everyTokens?: number;
      /** A thought is evicted only when so many later thoughts are compressed (HybridThinker). 0 = at once. */
      readonly lagThoughts?: number;
    }
  | {
      readonly kind: 'memento';
      readonly blockStart: TokenId;
      readonly blockEnd: TokenId;
      readonly summaryStart: TokenId;
      readonly summaryEnd: TokenId;
      readonly keepLastBlocks?: number;
      /** Whether block start and end go with the block (Phi) or stay (Qwen3, OLMo3). */
      readonly evictDelimiters?: boolean;
    }
  /** First tokens and the last W stay (StreamingLLM). */
  | { readonly kind: 'window'; readonly firstTokens: number; readonly lastTokens: number };

export interface SessionLimits {
  readonly maxTokens: number;
  readonly maxThoughts: number;
  readonly maxThoughtTokens: number;
}

export interface SessionSpec {
  readonly promptTokens: readonly TokenId[];
  readonly policy: Policy;
  readonly limits: SessionLimits;
  /** End-of-generation tokens. */
  readonly endTokens: readonly TokenId[];
  /** Sampling it begins the answer; a model without one answers in its tail. */
  readonly answerStart?: TokenId;
  /** Tokens sampled before, to be taken up again (resume by replay). */
  readonly replay?: readonly TokenId[];
  /** Compressions of the replay that were told before; the ones after are told when they are through. Left out: all. */
  readonly toldCompressions?: number;
}

/** What must be fed next. Feeding is idempotent to ask for: nothing changes until `fed` is called. */
export type Feed =
  /** Prompt or replayed span: the lane may cut it into chunks. Logits are wanted, if at all, for the last token only. */
  | {
      readonly kind: 'row';
      readonly firstPosition: number;
      readonly tokens: readonly TokenId[];
      readonly wantsLogits: boolean;
    }
  /** One token of the lockstep decode. */
  | {
      readonly kind: 'token';
      readonly position: number;
      readonly token: TokenId;
      readonly wantsLogits: boolean;
    };

export type SessionPhase = 'prefill' | 'think' | 'compress' | 'answer' | 'done';

export type SessionFinish = 'stop' | 'max_tokens' | 'max_thoughts' | 'cancelled';

export type SessionEvent =
  /** `tokens` are the thought's sampled tokens without its splitter. */
  | { readonly kind: 'thought'; readonly thought: number; readonly tokens: readonly TokenId[] }
  | {
      readonly kind: 'compression';
      readonly thought: number;
      readonly cellsBefore: number;
      readonly cellsAfter: number;
    }
  | { readonly kind: 'answer-begins' }
  | { readonly kind: 'finish'; readonly reason: SessionFinish };

/** How a session ran, in sampled tokens: what prediction learns from. A resumed session knows its whole course. */
export interface Course {
  /** Of every span that was closed, splitter included; those compressed in the answer count, too. */
  readonly thoughtTokens: readonly number[];
  /** After the last of them. */
  readonly tailTokens: number;
}

/** What a session has consumed so far. */
export interface Accounting {
  readonly promptTokens: number;
  /** All sampled tokens, splitters and end token included; gists and continues are not. */
  readonly generatedTokens: number;
  readonly reasoningTokens: number;
  readonly answerTokens: number;
  readonly thoughts: number;
  readonly compressions: number;
  readonly liveCells: number;
  /** Most live cells at any time. */
  readonly peakCells: number;
  /** The authors' closed form of the peak (LightThinker, section on metrics). */
  readonly peakTokens: number;
  /** Sum over sampled tokens of the tokens each depends on. */
  readonly dep: number;
  readonly vanillaPeakCells: number;
  readonly vanillaDep: number;
  readonly replayedTokens: number;
}

/** All that is needed to go on elsewhere: token ids. A few KB. */
export interface SessionCheckpoint {
  readonly version: 1;
  readonly sampled: readonly TokenId[];
  readonly thoughts: number;
  /** What was noted of how likely tokens of the answer were, for who goes on; the session does not look at it. */
  readonly logprobs?: readonly (readonly number[])[];
}
