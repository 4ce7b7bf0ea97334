import type {
  AnswerFormat,
  CardOrder,
  CardView,
  FinishReason,
  FleetView,
  JobEvent,
  JobFailure,
  JobFilter,
  JobState,
  LogKind,
  Message,
  ModelInfo,
  ResolvedLimits,
  Sampling,
  Usage,
  WebhookRequest,
} from '@gistpool/contracts';
import type { Course } from '@gistpool/core';

/** A job as it is stored, from submit to its end. Times are Unix milliseconds. */
export interface JobRecord {
  readonly id: string;
  readonly customId?: string;
  readonly batch?: string;
  /** Number of its line, when the batch was made from a file. */
  readonly line?: number;
  readonly model: string;
  readonly tenant: string;
  readonly task?: string;
  readonly priority: number;
  readonly tags?: readonly string[];
  /** It is delayed until then. */
  readonly notBeforeMs?: number;
  /** It expires when it has not ended by then. */
  readonly deadlineMs?: number;
  /** Times it may be tried again after a failure that may pass, and how long after the first. */
  readonly retries?: number;
  readonly retryBackoffMs?: number;
  readonly dedupeKey?: string;
  readonly webhook?: WebhookRequest;
  readonly metadata: Readonly<Record<string, string>>;
  /** Empty once a line of a batch's file has ended. */
  readonly messages: readonly Message[];
  readonly limits: ResolvedLimits;
  /** `seed` is always set: a job that names none gets one at submit, so that a resume samples the same. */
  readonly sampling: Sampling & { seed: number };
  /** Prompt length as counted by the model's own tokenizer at submit. */
  readonly promptTokens: number;
  /** Upper bound of the peak, whatever the model samples: what can never fit is refused by it. */
  readonly predictedPeakCells: number;
  readonly createdAtMs: number;
  /** Where in a trace its spans belong, if it is traced. */
  readonly traceparent?: string;
  readonly state: JobState;
  readonly placedAtMs?: number;
  /** Predicted when it was placed first, and when that was: what coverage is counted by. */
  readonly promisedPeakCells?: number;
  readonly promisedAtMs?: number;
  /** Set aside for it when it was placed last. */
  readonly reservedCells?: number;
  /** Times it came back because it had outgrown its place. */
  readonly outgrown: number;
  readonly finishedAtMs?: number;
  readonly card?: string;
  readonly thoughts?: number;
  /** Workers that were lost while they held this job. */
  readonly crashes: number;
  /** Times it failed and was put off. */
  readonly failedAttempts: number;
  /** Times the job went on from a checkpoint. */
  readonly resumes: number;
  /** Cells that a session of it, which outgrew its place, needed at least. */
  readonly peakCells?: number;
  readonly finishReason?: FinishReason;
  readonly failure?: JobFailure;
  readonly usage?: Usage;
  /** How its session ran, once it has ended. */
  readonly course?: Course;
  /** Its result was not to be kept so long. */
  readonly resultDeleted?: true;
}

export type NewJob = Omit<
  JobRecord,
  | 'state'
  | 'placedAtMs'
  | 'promisedPeakCells'
  | 'promisedAtMs'
  | 'reservedCells'
  | 'outgrown'
  | 'finishedAtMs'
  | 'card'
  | 'thoughts'
  | 'crashes'
  | 'failedAttempts'
  | 'resumes'
  | 'peakCells'
  | 'finishReason'
  | 'failure'
  | 'usage'
  | 'course'
  | 'resultDeleted'
>;

/** Goes through a card's inbox: the right to decode one job, proven by `token`. */
export interface Placement {
  readonly jobId: string;
  readonly queue: string;
  readonly token: string;
  readonly lane: number;
  readonly reservedCells: number;
  readonly placedAtMs: number;
}

/** Where on its card a session sits, once it was moved there by its worker. */
export type Place = Pick<Placement, 'lane' | 'reservedCells'>;

/** Token ids sampled so far; see core's SessionCheckpoint. */
export interface Checkpoint {
  readonly version: 1;
  readonly sampled: readonly number[];
  readonly thoughts: number;
  readonly runMs: number;
  /** Of KV memory that it used so far, on all cards. Left out by versions that did not measure it. */
  readonly kvByteSeconds?: number;
  /** Times its session was parked so far, if it was. */
  readonly parks?: number;
  /** How likely tokens of its answer were, where somebody wants to know. */
  readonly logprobs?: readonly (readonly number[])[];
  /** Set when the session outgrew its place: the cells it needed there at least. More must be reserved next time. */
  readonly peakCells?: number;
}

/** What a worker says of a job that goes on. */
export interface LeaseChange {
  readonly state?: JobState;
  readonly checkpoint?: Checkpoint;
  readonly thoughts?: number;
  readonly place?: Place;
  /** What it has used so far; counts for its tenant from then on. */
  readonly usage?: Usage;
}

export interface StoredEvent {
  /** Redis stream id: grows; usable as SSE Last-Event-ID. */
  readonly id: string;
  readonly event: JobEvent;
}

/** How a job that is held is to stop: end as cancelled or expired, or go back and be set aside. */
export type StopRequest = 'cancel' | 'expire' | 'pause';

export type PauseOutcome = 'paused' | 'pausing' | 'already-ended' | 'not-found';
/** `asked-off`: a pause that was under way was taken back. */
export type ResumeOutcome = 'waiting' | 'delayed' | 'asked-off' | 'not-paused' | 'not-found';
/** Why a job is not tried again, or that it is. */
export type RetryOutcome =
  'retried' | 'not-found' | 'not-ended' | 'completed' | 'without-prompt' | 'duplicate';

/** A line of a job's log. */
export interface LogLine {
  readonly atMs: number;
  readonly kind: LogKind;
  readonly card: string | undefined;
  readonly detail: string | undefined;
}

/** What may be asked of jobs that are there. Each is safe to repeat. */
export interface JobOrders {
  /** A waiting job ends at once; a running one within a step of its worker. */
  cancel(id: string): Promise<CancelOutcome>;
  cancelMany(ids: readonly string[]): Promise<CancelOutcome[]>;
  /** A waiting job is set aside at once; a running one is handed back with its checkpoint. */
  pause(id: string): Promise<PauseOutcome>;
  resume(id: string): Promise<ResumeOutcome>;
  /** Jobs that failed, were cancelled or expired wait again, as if they were new. */
  retry(ids: readonly string[]): Promise<RetryOutcome[]>;
  /** Of jobs that wait or are set aside; answers which those are. */
  reprioritize(ids: readonly string[], priority: number): Promise<boolean[]>;
  log(id: string): Promise<{ lines: LogLine[]; dropped: number }>;
}

export type CancelOutcome = 'cancelled' | 'cancelling' | 'already-ended' | 'not-found';

/** Jobs as clients see them. Used by the api. */
export interface Jobs {
  readonly orders: JobOrders;
  /**
   * Record, index entry, first event and BullMQ job, for all of them. Answers for each the id under which it is known: its
   * own, or that of the job that holds its dedupe key.
   */
  submit(jobs: readonly NewJob[]): Promise<string[]>;
  get(id: string): Promise<JobRecord | undefined>;
  /** Whose job it is; undefined: there is none. */
  tenantOf(id: string): Promise<string | undefined>;
  /** Those that are there, in the order of the ids. */
  getMany(ids: readonly string[]): Promise<JobRecord[]>;
  /** Predicted peak, or before the first placement the upper bound, of those that are there. */
  predictedPeaks(ids: readonly string[]): Promise<Map<string, number>>;
  /** Jobs in each state, of those that the filter leaves. */
  states(
    filter: Pick<JobFilter, 'model' | 'task' | 'tenant' | 'tag' | 'batch'>,
  ): Promise<Record<JobState, number>>;
  /** Submitted first of all that wait. */
  oldestWaiting(): Promise<{ id: string; createdAtMs: number } | undefined>;
  /** Newest first. With a search a page may be short, even empty, and yet not the last. */
  list(filter: JobFilter): Promise<{ jobs: JobRecord[]; nextCursor: string | null }>;
  /** See JobOrders. */
  cancel(id: string): Promise<CancelOutcome>;
  /** What happened after `afterId` and what happens next; ends after the job's last event. */
  events(id: string, afterId: string, signal: AbortSignal): AsyncIterable<StoredEvent>;
  counts(): Promise<{
    delayed: number;
    paused: number;
    waiting: number;
    running: number;
    completed: number;
    failed: number;
    cancelled: number;
    expired: number;
  }>;
  close(): Promise<void>;
}

/** A fenced write found the lease taken by another: stop and discard. */
export class LeaseLost extends Error {
  constructor(jobId: string) {
    super(`the lease of job ${jobId} was lost; its work is discarded, another worker goes on`);
    this.name = 'LeaseLost';
  }
}

/** One placed job in the hands of a worker. Every write is fenced by the token and throws LeaseLost. */
export interface Lease {
  readonly placement: Placement;
  readonly job: JobRecord;
  readonly checkpoint: Checkpoint | undefined;
  /** As far as is known here. */
  readonly stopRequested: StopRequest | undefined;
  extend(): Promise<void>;
  /** Events in order, and with them a checkpoint and the new state, in one atomic write. */
  report(events: readonly JobEvent[], change?: LeaseChange): Promise<void>;
  /** `course`: how the session ran, for the scheduler to learn from. Result text must already be in the blob store under `results/<job id>.json`. */
  complete(usage: Usage, finishReason: FinishReason, course?: Course): Promise<void>;
  /** Puts the job off, with its checkpoint, if it has retries left and the failure may pass; else it has failed. */
  fail(failure: JobFailure): Promise<void>;
  cancelled(usage: Usage, course?: Course): Promise<void>;
  /** Its deadline passed. */
  expired(usage: Usage, course?: Course): Promise<void>;
  /** Back to the queue with its checkpoint; no attempt is burnt. For drain, and for what outgrew its place. */
  handBack(): Promise<void>;
  /** Back with its checkpoint, to be set aside until it is resumed. */
  pause(): Promise<void>;
}

/** What a worker needs of the queue. */
export interface CardPort {
  /** Announces the card (and its model) and clears what an earlier incarnation left. */
  announce(view: CardView, model: ModelInfo): Promise<void>;
  /** `handsBack`: an operator drains the card. */
  heartbeat(view: CardView): Promise<{ handsBack: boolean }>;
  /** Takes the placements that arrived since; waits at most `waitMs` for the first. A placement whose lease is already lost is dropped. */
  take(waitMs: number): Promise<Lease[]>;
  /** Called with the id of every job held here that is to stop, and how. */
  onStop(listener: (jobId: string, stop: StopRequest) => void): void;
  /** Answers token counts of rendered prompts for this model (see TokenCounts). */
  serveTokenCounts(count: CountTokens, formatProblem?: FormatProblem): void;
  withdraw(): Promise<void>;
  close(): Promise<void>;
}

export type CountTokens = (messages: readonly Message[]) => number;
/** Why no answer of the model can be held to a format. */
export type FormatProblem = (format: AnswerFormat) => string | undefined;

/** Asks a worker of the model how long prompts are; undefined when no worker of that model answers in time. */
export interface TokenCounts {
  /** What is wrong with each format; null: nothing. */
  formatProblems(
    model: string,
    formats: readonly AnswerFormat[],
    timeoutMs?: number,
  ): Promise<(string | null)[] | undefined>;
  count(
    model: string,
    prompts: readonly (readonly Message[])[],
    timeoutMs?: number,
  ): Promise<number[] | undefined>;
}

/** By which a scheduler reserves places. */
export interface PlacingRules {
  readonly admission: NonNullable<FleetView['scheduler']['admission']>;
  /** The promise under which peaks are predicted. */
  readonly eps: number;
}

/** Cards and models as they last reported. */
export interface Fleet {
  cards(): Promise<CardView[]>;
  /** Also models whose cards are all gone. */
  models(): Promise<ModelInfo[]>;
  /** Unix second at which each model was announced first, by name. */
  modelsSince(): Promise<Readonly<Record<string, number>>>;
  leader(): Promise<string | null>;
  /** Of the leader, or of the last one there was; undefined: there was none. */
  rules(): Promise<PlacingRules | undefined>;
  /** An operator's order; it outlives the card's worker. False: there is no such card. */
  order(card: string, order: CardOrder): Promise<boolean>;
}
