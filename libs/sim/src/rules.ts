import type { PoolShape } from '@gistpool/core';
import type { SimPool } from './sim-pool';
import type { SimJob } from './sim-job';
import type { SimSession } from './sim-session';

/** Lanes of one simulated card. */
export interface CardPlan {
  readonly pools: number;
  readonly cells: number;
  /** Slots of one pool. */
  readonly sessions: number;
  /** Sessions that share one stream's attention; 1 where the memory is paged or slots are separate. */
  readonly sharing: number;
  /** Pools one by one, where they are not alike; `pools`, `cells` and `sessions` are then of all. */
  readonly shapes?: readonly PoolShape[];
}

/** What the rules may do to a pool; done by the simulation, which counts it. */
export interface Acts {
  hold(session: SimSession): void;
  /** Into another pool of the card, if one has room for it. */
  move(session: SimSession): boolean;
  /** Out of the pool with its cells saved, and back to the head of the backlog. Counts as an overflow of its job. */
  park(session: SimSession, why: string): void;
  /** Out of the pool with nothing but its token ids, which are fed again later. Counts as an overflow, too. */
  evict(session: SimSession): void;
}

/** What a policy decides inside a pool. */
export interface Rules {
  /** Whether a session that waits at a boundary, or was held, may go on now. */
  mayGoOn(pool: SimPool, session: SimSession): boolean;
  /** Whether a session that waits in another pool of the card could move here and go on at once; left out: nobody moves. */
  mayJoin?(pool: SimPool, session: SimSession): boolean;
  /** Steps until the pool must be looked at, if nothing ends before. */
  stepsUntilTight(pool: SimPool): number;
  /** Cells that newcomers must leave free at once. */
  reserveCells(pool: SimPool): number;
  /** Room has run out, or is about to. */
  relieve(pool: SimPool, acts: Acts): void;
  /** Nobody runs though sessions are here: what goes on? */
  unblock(pool: SimPool, acts: Acts): SimSession | undefined;
}

/** Whether and where a job is placed, for policies that do not use core's rounds. */
export interface SimpleAdmission {
  admits(pool: SimPool, job: SimJob, returning: SimSession | undefined): boolean;
  placed(pool: SimPool, session: SimSession): void;
  ended(session: SimSession): void;
}
