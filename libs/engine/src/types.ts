import type {
  AnswerFormat,
  AnswerLogprob,
  CardView,
  LaneView,
  Message,
  ModelInfo,
  ResolvedLimits,
  Sampling,
  SlotView,
} from '@gistpool/contracts';
import type {
  Accounting,
  Course,
  Demand,
  JobFeatures,
  LaneGoal,
  LaneRate,
  Predictor,
  SessionCheckpoint,
  SessionFinish,
} from '@gistpool/core';

import type { LanePlan } from './lane-plan';

export type { LanePlan, LaneView, SlotView };

/** What lanes are planned for. */
export type UsualJob = Pick<JobFeatures, 'policy' | 'promptTokens' | 'limits'>;

export interface CardOptions {
  readonly modelPath: string;
  readonly modelName: string;
  readonly device: 'auto' | 'cpu' | 'cuda' | 'vulkan' | 'metal';
  readonly threads: number;
  /** Left out: GPU = free memory less weights, compute buffer and reserve; CPU = 64 MiB. */
  readonly kvBudgetBytes?: number;
  /** Left out: one lane wide enough for a job with the default limits, as many slots as the budget holds (at most 32). */
  readonly lanes?: readonly { readonly slots: number; readonly cells: number }[];
  /** So many sessions share the cells of each slot of `lanes`, which is a pool then (default 1). More needs our build of libllama, and is 1 without it. */
  readonly poolSessions?: number;
  /**
   * What sessions are expected to hold. Where it is given and `lanes` are not, the card measures its step time and chooses
   * the lanes that decode most under its budget; with `poolSessions` of 1 among slots alone.
   */
  readonly demandOf?: (job: UsualJob) => Demand;
  /** Of such lanes (default: speed). */
  readonly laneGoal?: LaneGoal;
  readonly kvType: 'f32' | 'f16' | 'q8_0';
  readonly flashAttention: boolean;
  /** Prompt tokens that may be prefilled between two decode steps. */
  readonly prefillChunk: number;
  /** Overrides the defaults that the model's metadata or the engine give. */
  readonly defaultLimits?: Partial<ResolvedLimits>;
  /** Where sessions are parked that outgrew their place, and how many bytes of them. Left out: none, they are handed back. */
  readonly park?: {
    readonly folder: string;
    readonly quotaBytes: number;
    /** Told of each cache that could not be written; its session is handed back instead. */
    readonly failed?: (error: Error) => void;
  };
  /** False, for tests of what follows: no step is looked ahead, so that the engine itself finds that cells are missing. */
  readonly looksAhead?: boolean;
  /** False: no `text` and `thought` reports, for measurements. */
  readonly reportsText?: boolean;
}

/** Why a model file cannot be served. `path` and `reason` say it in one line each. */
export interface ModelRefused {
  readonly path: string;
  readonly reason: string;
}

export type OpenCard = (options: CardOptions) => Promise<
  | {
      ok: true;
      card: Card;
      /** What was asked for and is not to be had here; the card works without it. */
      notice?: string;
      /** Where the card chose its lanes itself: the figures it did so by. */
      plan?: string;
    }
  | { ok: false; refused: ModelRefused }
>;

export interface SessionRequest {
  readonly jobId: string;
  readonly lane: number;
  readonly messages: readonly Message[];
  readonly limits: ResolvedLimits;
  readonly sampling: Sampling & { seed: number };
  /** Its peak, as it was predicted. If it holds more, the card sees to it. */
  readonly reservedCells: number;
  /** What the user calls the kind of job; sessions of a kind are foreseen alike. */
  readonly task?: string;
  readonly checkpoint?: SessionCheckpoint;
}

/** Why a session was not taken in; nothing was disturbed. */
export type Refusal =
  | { readonly code: 'no-free-slot'; readonly lane: number }
  /** The prompt alone, or what a replay holds at its highest. */
  | { readonly code: 'does-not-fit'; readonly needsCells: number; readonly slotCells: number }
  | { readonly code: 'unknown-lane'; readonly lane: number };

/** What a session has used. */
export interface SessionUse {
  /** Of the whole job, also what was sampled elsewhere. */
  readonly accounting: Accounting;
  readonly kvBytesAtPeak: number;
  /** Bytes of this card's KV memory x seconds for which they were held, measured. */
  readonly kvByteSeconds: number;
}

/** What happened to a session in a step, in order. */
export type SessionReport =
  | {
      readonly jobId: string;
      readonly kind: 'text';
      readonly thought: number;
      readonly text: string;
      readonly logprobs?: readonly AnswerLogprob[];
    }
  /** A thought ended and was compressed (or, in vanilla, nothing); `checkpoint` is the place to resume from. */
  | {
      readonly jobId: string;
      readonly kind: 'thought';
      readonly thought: number;
      readonly text: string;
      readonly tokens: number;
    }
  | {
      readonly jobId: string;
      readonly kind: 'compression';
      readonly thought: number;
      readonly cellsBefore: number;
      readonly cellsAfter: number;
      readonly checkpoint: SessionCheckpoint;
      readonly use: SessionUse;
    }
  | { readonly jobId: string; readonly kind: 'answer-begins' }
  | ({
      readonly jobId: string;
      readonly kind: 'finish';
      readonly reason: SessionFinish;
      readonly answer: string;
      readonly text: string;
      readonly thoughts: readonly string[];
      readonly logprobs?: readonly AnswerLogprob[];
      readonly course: Course;
    } & SessionUse)
  /** It outgrew its place and sits in another one of this card now. */
  | { readonly jobId: string; readonly kind: 'moved'; readonly lane: number; readonly reservedCells: number }
  /** It outgrew its place and waits for room with so many cells in a file; `moved` tells that it goes on. */
  | {
      readonly jobId: string;
      readonly kind: 'parked';
      readonly cells: number;
      readonly checkpoint: SessionCheckpoint;
      readonly use: SessionUse;
    }
  /** It outgrew this card and has left it. It goes on elsewhere from `checkpoint`, where at least so many cells are needed. */
  | {
      readonly jobId: string;
      readonly kind: 'outgrown';
      readonly checkpoint: SessionCheckpoint;
      readonly peakCells: number;
      readonly use: SessionUse;
    };

/** Since the card was opened. */
export interface CardTotals {
  readonly generatedTokens: number;
  readonly compressions: number;
  readonly steps: number;
  /** Times that it got new lanes while it ran. */
  readonly reshapes: number;
  /** Spent waiting for samples, with logits at hand; lanes that step together add up. */
  readonly samplingMs: number;
  /** Used cells by the engine's own count x bytes x seconds, independent of what sessions say of themselves. */
  readonly kvByteSeconds: number;
}

/** Lanes that a card would choose now, beside those that it has. */
export interface OtherLanes {
  readonly plan: LanePlan;
  /** Both in short, e.g. `8x768` and `29x256,1x768`. */
  readonly from: string;
  readonly to: string;
  /** What they bring under the demand that was asked about. */
  readonly present: LaneRate;
  readonly planned: LaneRate;
  /** What changing to them is likely to take: as the last time. */
  readonly reshapeMs: number;
}

/** What came of new lanes. */
export interface Reshaped {
  readonly ms: number;
  /** That were taken out and brought back. */
  readonly sessions: number;
  /** Why they could not be made; the card has lanes of its old shape again. */
  readonly refused?: string;
}

/** One GPU, or the CPU standing in. Not re-entrant: `step` must not overlap itself; everything else only between steps. */
export interface Card {
  readonly model: ModelInfo;
  /** With the default limits, and a prompt of the usual length. */
  readonly usualJob: UsualJob;
  readonly device: string;
  readonly kvBudgetBytes: number;
  /** Measured when the lanes were made. */
  readonly kvBytes: number;
  /** Length of the rendered prompt, in tokens. */
  countTokens(messages: readonly Message[]): number;
  /** Why no answer can be held to this format; undefined: it can. */
  formatProblem(format: AnswerFormat): string | undefined;
  lanes(): LaneView[];
  /** Those that are parked count, too. */
  sessions(): number;
  /** Those that wait for room, out of their slots, and their files. */
  parked(): { readonly sessions: number; readonly bytes: number };
  admit(request: SessionRequest): Refusal | undefined;
  /** Drops the session before the next step and frees its cells; its `finish` report has reason `cancelled`. False: not here. */
  cancel(jobId: string): boolean;
  /** Takes the session out without a finish report (hand back, lost lease). */
  evict(jobId: string): SessionCheckpoint | undefined;
  /** What a session has used so far; undefined: not here. */
  useOf(jobId: string): SessionUse | undefined;
  /** One decode of every active slot, or one chunk of prefill. Resolves to at once-empty when no session is active. */
  step(): Promise<SessionReport[]>;
  /** What other lanes would bring under such a demand; undefined: the lanes were asked for, and stay. */
  consider(demandOf: (job: UsualJob) => Demand): OtherLanes | undefined;
  /**
   * Takes all sessions out, makes other lanes and brings them back; they say what they say undisturbed. Lanes get new
   * numbers. Whoever finds no room in them is parked.
   */
  reshape(plan: LanePlan, reports: SessionReport[]): Promise<Reshaped>;
  /**
   * Foresees sessions by what has ended in the pool, in place of what was given before and of what ended here; what runs
   * here is counted beside it, in `epoch`, its newest.
   */
  learn(pool: Predictor, epoch: number): void;
  /** Compares own count of live cells with the engine's positions; returns each difference found, none when all is well. */
  check(): string[];
  totals(): CardTotals;
  dispose(): Promise<void>;
}

export type { CardView };
