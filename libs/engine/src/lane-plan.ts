import {
  type Demand,
  kvBytesPerCell,
  type LaneGoal,
  planLanes as bestLanes,
  type StepTime,
  upperBoundPeakCells,
} from '@gistpool/core';
import type { KvType } from './binding';
import {
  computeBytesEstimate,
  defaultBudgetBytes,
  defaultLane,
  type LaneShape,
  MOST_SLOTS_PER_LANE,
  refuseLanes,
} from './kv-budget';
import type { ModelFile } from './model-file';
import { megabytes, roundUpTo256 } from './numbers';
import { defaultPromptTokens, type ModelPolicy } from './policy';
import { CardRefused } from './refused';
import { SELF_TEST_TOKENS } from './self-test';
import type { CardOptions, UsualJob } from './types';

const BYTES_PER_ELEMENT = { f32: 4, f16: 2, q8_0: 34 / 32 } as const;
/** Slots that the compute buffer is reckoned for before the lanes are known. */
const RECKONED_SLOTS = 32;

export interface LanePlan {
  readonly lanes: readonly LaneShape[];
  /** Sessions that share each slot of `lanes`. */
  readonly poolSessions: number;
  /** The figures by which the lanes were chosen; left out where they were asked for or follow from the default limits. */
  readonly why?: string;
  readonly kvBudgetBytes: number;
  /** By formula; the engine is asked once the lanes are made. */
  readonly kvBytesPerCell: number;
}

/** Of a pool's sum that the plan keeps free; what is admitted is decided by the scheduler, job by job. */
export const DEVIATIONS = 2.5;

/** Lanes in short, as in the setting: `29x256,1x768`, `2x4096 (32 sessions each)`. */
export function shapeOf({ lanes, poolSessions }: LanePlan): string {
  const shapes = lanes.map(({ slots, cells }) => `${String(slots)}x${String(roundUpTo256(cells))}`).join(',');
  return poolSessions === 1 ? shapes : `${shapes} (${String(poolSessions)} sessions each)`;
}

/** A batch holds one token of every slot, or one chunk of prompts. */
export const batchTokens = (slots: number, prefillChunk: number): number =>
  Math.max(slots, prefillChunk, SELF_TEST_TOKENS);

/** The lanes that were asked for, or one for jobs with the default limits; refused when the budget does not hold them. */
export function planLanes(
  file: ModelFile,
  method: ModelPolicy,
  options: CardOptions,
  freeBytes: number | undefined,
): LanePlan {
  const bytes = cellBytes(file, options.kvType);
  const compute = computeBytesEstimate(
    batchTokens(RECKONED_SLOTS, options.prefillChunk),
    file.vocabulary.length,
    file.width,
  );
  const budget = options.kvBudgetBytes ?? defaultBudgetBytes(freeBytes, compute);
  const { poolSessions = 1 } = options;
  const lanes = options.lanes ?? [laneForDefaults(file, method, budget, bytes, poolSessions)];
  const refusal = refuseLanes(lanes, budget, bytes, poolSessions);
  if (refusal !== undefined) throw new CardRefused(refusal);
  return { lanes, poolSessions, kvBudgetBytes: budget, kvBytesPerCell: bytes };
}

/** What jobs with the default limits and a prompt of the usual length are. */
export function usualJob(file: ModelFile, { policy, defaultLimits }: ModelPolicy): UsualJob {
  return {
    policy,
    promptTokens: defaultPromptTokens(file.width),
    limits: {
      maxTokens: defaultLimits.max_tokens,
      maxThoughts: defaultLimits.max_thoughts,
      maxThoughtTokens: defaultLimits.max_thought_tokens,
    },
  };
}

/** The lanes that bring most of the goal under the budget of `plain`; where nothing is gained `plain` stays. */
export function bestPlan(
  plain: LanePlan,
  demand: Demand,
  time: StepTime,
  mostSharing: number,
  goal: LaneGoal,
): LanePlan {
  const best = bestLanes(
    demand,
    {
      cells: Math.floor(plain.kvBudgetBytes / plain.kvBytesPerCell),
      mostSessions: MOST_SLOTS_PER_LANE,
      mostSharing,
    },
    time,
    DEVIATIONS,
    goal,
  );
  const [first] = best.lanes;
  if (first === undefined) return plain;
  const lanes = best.lanes.map(({ pools, cells }) => ({ slots: pools, cells }));
  return { ...plain, lanes, poolSessions: first.sessions, why: best.why };
}

function laneForDefaults(
  file: ModelFile,
  method: ModelPolicy,
  budget: number,
  bytes: number,
  poolSessions?: number,
): LaneShape {
  const limits = method.defaultLimits;
  const peak = upperBoundPeakCells(method.policy, defaultPromptTokens(file.width), {
    maxTokens: limits.max_tokens,
    maxThoughts: limits.max_thoughts,
    maxThoughtTokens: limits.max_thought_tokens,
  });
  const lane = defaultLane(peak, budget, bytes, poolSessions);
  if (lane !== undefined) return lane;
  const cells = roundUpTo256(peak);
  throw new CardRefused(
    `one slot for a job with the default limits (${String(cells)} cells) needs ${megabytes(cells * bytes)} of KV cache; ` +
      `the budget is ${megabytes(budget)}. Lower the default limits or raise the budget`,
  );
}

function cellBytes(file: ModelFile, kvType: KvType): number {
  // The heads of all layers together, as some models have other numbers of them in other layers.
  return kvBytesPerCell({
    layers: 1,
    kvHeads: file.kvHeads,
    headDimK: file.headDimK,
    headDimV: file.headDimV,
    bytesPerElement: BYTES_PER_ELEMENT[kvType],
  });
}
