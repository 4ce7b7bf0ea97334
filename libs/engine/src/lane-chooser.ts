import {
  type Demand,
  type LaneGoal,
  type LaneRate,
  rateOf,
  type StepTime,
  upperBoundPeakCells,
} from '@gistpool/core';
import { bestPlan, DEVIATIONS, type LanePlan } from './lane-plan';
import { roundUpTo256 } from './numbers';
import type { UsualJob } from './types';

export type DemandOf = (job: UsualJob) => Demand;

/** Chooses lanes by what sessions hold and by what a step costs here, as it was measured once. */
export class LaneChooser {
  /** The widest job that is taken: one with the default limits. All lanes that are ever chosen have a place for it. */
  readonly widestCells: number;

  constructor(
    /** The lanes by default limits alone: where nothing is gained they stay. */
    private readonly plain: LanePlan,
    private readonly job: UsualJob,
    private readonly time: StepTime,
    private readonly mostSharing: number,
    private readonly goal: LaneGoal,
  ) {
    this.widestCells = roundUpTo256(upperBoundPeakCells(job.policy, job.promptTokens, job.limits));
  }

  choose(demandOf: DemandOf): LanePlan {
    return bestPlan(this.plain, this.demand(demandOf), this.time, this.mostSharing, this.goal);
  }

  /** What lanes would bring under such a demand. */
  rate({ lanes, poolSessions }: LanePlan, demandOf: DemandOf): LaneRate {
    const planned = lanes.map(({ slots, cells }) => ({ pools: slots, cells, sessions: poolSessions }));
    return rateOf(planned, this.demand(demandOf), this.time, DEVIATIONS);
  }

  private demand(demandOf: DemandOf): Demand {
    const demand = demandOf(this.job);
    return { ...demand, widestCells: this.widestCells };
  }
}
