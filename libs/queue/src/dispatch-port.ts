import type { CardView, JobFailure, ModelInfo } from '@gistpool/contracts';
import type { Ending } from './endings';
import type { JobOutline } from './outline';
import type { Predictions } from './predictions';
import type { Shares } from './shares';
import type { PausedQueues } from './paused-queues';
import type { Placement, PlacingRules, StopRequest } from './types';

export interface QueueState {
  readonly name: string;
  readonly model: string;
  readonly tenant: string;
  readonly waiting: number;
  /** Of the job that is fetched next. */
  readonly priority: number;
}

/** The oldest of the jobs of one priority that wait in a queue. */
export interface WaitingHead {
  readonly jobId: string;
  readonly tenant: string;
  readonly priority: number;
  readonly createdAtMs: number;
  /** Upper bound of its peak. */
  readonly cells: number;
}

export interface FetchedJob extends JobOutline {
  readonly queue: string;
  readonly token: string;
}

export interface PlacementTarget {
  readonly card: string;
  readonly incarnation: string;
  readonly lane: number;
  readonly reservedCells: number;
  /** What is promised of the job's peak, noted where it is placed for the first time. Left out: what is reserved. */
  readonly predictedPeakCells?: number;
  /** Times it outgrew its place, the last one included. Left out: as before. */
  readonly outgrown?: number;
}

/**
 * `placed`: the card has it. `cancel-requested`, `expire-requested`: end it. `pause-requested`: set it aside. `card-gone`, or cordoned: place it elsewhere. `lost`: forget it.
 * `not-leader`: give everything back.
 */
export type PlaceOutcome = 'placed' | `${StopRequest}-requested` | 'card-gone' | 'lost' | 'not-leader';

export interface Recovered {
  readonly jobId: string;
  /** `crashed`: its worker is gone. `lapsed`: its worker lives but lost the lease. `unclaimed`: none had taken it. */
  readonly outcome: 'crashed' | 'lapsed' | 'unclaimed';
}

/** What the scheduler needs of the queue. Only the leader may fetch and place. */
export interface Dispatch {
  /** Takes or keeps the lead for a while. Who takes it frees what the leader before had fetched and not placed. */
  hold(): Promise<boolean>;
  resign(): Promise<void>;
  /** Tells everyone by which rules this leader places. */
  tellRules(rules: PlacingRules): Promise<void>;
  cards(): Promise<CardView[]>;
  models(): Promise<ModelInfo[]>;
  /** Per card, what was placed on it and has not ended. */
  placements(cards: readonly string[]): Promise<Map<string, Placement[]>>;
  /** Queues that have jobs waiting. */
  queues(): Promise<QueueState[]>;
  /** Of each priority but the first, 0, the oldest job; of the most urgent priorities only. */
  waitingHeads(queue: string): Promise<WaitingHead[]>;
  /** The job is fetched next, whatever its priority. */
  moveToFront(queue: string, jobId: string): Promise<void>;
  /** The next job of a queue, its lease ours; jobs that have ended meanwhile are cleared away on the way. */
  fetch(queue: string): Promise<FetchedJob | undefined>;
  /** The same for up to so many; fewer come when the queue has no more. */
  fetchMany(queue: string, count: number): Promise<FetchedJob[]>;
  place(job: FetchedJob, target: PlacementTarget): Promise<PlaceOutcome>;
  /** Each with an outcome of its own, in the order given. */
  placeMany(
    placings: readonly { readonly job: FetchedJob; readonly target: PlacementTarget }[],
  ): Promise<PlaceOutcome[]>;
  /** Keeps the leases of fetched jobs; answers the ids of those that are ours no longer, and those that are to stop. */
  renew(
    jobs: readonly FetchedJob[],
  ): Promise<{ lost: string[]; stopRequested: { jobId: string; stop: StopRequest }[] }>;
  giveBack(job: FetchedJob): Promise<void>;
  fail(job: FetchedJob, failure: JobFailure): Promise<void>;
  /** Ends it as cancelled or expired, or sets it aside. */
  stop(job: FetchedJob, stop: StopRequest): Promise<void>;
  /** Delayed jobs whose time has come wait from now on; those whose deadline has passed are to expire. */
  lookAtClock(): Promise<{ due: number; expired: number }>;
  /** Of which nothing is to be placed, by an operator's order. */
  pausedQueues(): Promise<PausedQueues>;
  /** Brings back the jobs of workers that are gone, and those a submit left half-way. */
  recover(): Promise<Recovered[]>;
  /** Jobs by their ids; those that are gone or have ended are left out. */
  outlines(jobIds: readonly string[]): Promise<JobOutline[]>;
  /** What jobs that ended have to teach: those after `after`, and where to go on. '' = from the beginning. */
  endings(after: string): Promise<{ endings: Ending[]; until: string }>;
  /** What an earlier leader has learnt. */
  latestPredictions(): Promise<Predictions | undefined>;
  /** Endings that are counted in it are forgotten. False: another leads, nothing was written. */
  publishPredictions(predictions: Predictions): Promise<boolean>;
  /** What an earlier leader has counted for each tenant. */
  latestShares(): Promise<Shares | undefined>;
  /** False: another leads, nothing was written. */
  publishShares(shares: Shares): Promise<boolean>;
  /** Called when something may have changed that lets a job be placed. */
  onChange(listener: () => void): void;
  close(): Promise<void>;
}
