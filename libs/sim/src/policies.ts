import {
  Margin,
  type MarginState,
  PACKING_GATE,
  mixOf,
  PACKING_Z,
  planLanes,
  type Predictor,
  type StepTime,
} from '@gistpool/core';
import { seededRandom } from './seeded-random';
import {
  Aggressive,
  constantSlot,
  EvictingRules,
  firstSlot,
  knownSlot,
  PromotingRules,
  Reserving,
  ReservingRules,
  upperBound,
} from './baselines';
import { GatedRules } from './gated-rules';
import { OracleRules } from './oracle-rules';
import { PastFuture } from './past-future';
import type { SimPolicy } from './policy';
import type { CardPlan } from './rules';
import { featuresOf, keptCells, type Trace } from './sim-job';

const WATERMARK = 0.98;
/** By which a baseline that knows too little can still be made to keep the promise; the best counts, chosen with hindsight. */
const TUNED_WATERMARKS = [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5, 0.4] as const;
/** Wider slots are wanted later: with all cells given away nobody could be promoted. */
const PROMOTION_WATERMARK = 0.8;

export interface Ready {
  readonly policy: SimPolicy;
  readonly plan: CardPlan;
}

export interface Memory {
  /** KV cells of one card. */
  readonly cells: number;
  readonly mostSessions: number;
  readonly mostSharing: number;
}

export interface Setting {
  readonly trace: Trace;
  readonly memory: Memory;
  readonly time: StepTime;
  /** What a pool that ran before knows; none for a cold start. */
  readonly learnt: () => Predictor;
  /** What its margin had come to. */
  readonly learntMargin: () => MarginState | undefined;
  /** Growth beyond the prompt of past jobs, for those policies that look back without core's predictor. */
  readonly pastGrowth: readonly number[];
  /** Their sampled tokens. */
  readonly pastTokens: readonly number[];
}

/** Policies by name, each with the variants of which the best counts. */
export const POLICIES: Readonly<Record<string, (setting: Setting) => readonly Ready[]>> = {
  gistpool: (setting) => [
    {
      policy: { ...gated('gistpool', 'gistpool', setting), margin: new Margin(setting.learntMargin()) },
      plan: planned(setting),
    },
  ],
  oracle: (setting) => oracles('oracle', 'oracle: every course known', planned(setting), setting),
  ideal: (setting) => oracles('ideal', 'oracle with ideal paging', paged(setting), setting),
  'known-peak': (setting) => [
    reserving('known-peak', 'slots of the known peak', setting, new Reserving(knownSlot(setting.trace))),
  ],
  promotion: (setting) => [
    {
      policy: {
        name: 'promotion',
        label: 'slots with promotion',
        z: 0,
        knows: false,
        rules: new PromotingRules(),
        admission: new Reserving(firstSlot(keptCells(setting.trace)), PROMOTION_WATERMARK),
      },
      plan: paged(setting),
    },
  ],
  'past-future': (setting) => [
    pastFuture(
      'past-future',
      'Past-Future (LightLLM), paged',
      paged(setting),
      setting.pastTokens,
      'output tokens',
    ),
  ],
  'past-future-peaks': (setting) => [
    pastFuture(
      'past-future-peaks',
      'Past-Future in pools, told peaks',
      planned(setting),
      setting.pastGrowth,
      'peak',
    ),
  ],
  'past-future-tuned': (setting) =>
    TUNED_WATERMARKS.map((watermark) =>
      pastFuture(
        'past-future-tuned',
        'Past-Future in pools, told peaks, tuned',
        planned(setting),
        setting.pastGrowth,
        'peak',
        watermark,
      ),
    ),
  'past-future-peaks-paged': (setting) => [
    pastFuture(
      'past-future-peaks-paged',
      'Past-Future, paged, told peaks',
      paged(setting),
      setting.pastGrowth,
      'peak',
    ),
  ],
  'reserve-max': (setting) => [
    reserving('reserve-max', 'reserve the maximum', setting, new Reserving(upperBound(setting.trace))),
  ],
  constant: (setting) => [
    reserving(
      'constant',
      'constant slots (p99 of the past)',
      setting,
      new Reserving(constantSlot(setting.trace, constantCells(setting))),
    ),
  ],
  aggressive: (setting) => [aggressive('aggressive', 'aggressive with recompute', planned(setting))],
  'aggressive-tuned': (setting) =>
    TUNED_WATERMARKS.map((watermark) =>
      aggressive('aggressive-tuned', 'aggressive with recompute, tuned', planned(setting), watermark),
    ),
  'aggressive-paged': (setting) => [
    aggressive('aggressive-paged', 'aggressive with recompute, ideal paging', paged(setting)),
  ],
};

export function gated(name: string, label: string, { trace }: Setting): SimPolicy {
  return {
    name,
    label,
    z: PACKING_Z,
    knows: false,
    rules: new GatedRules(keptCells(trace), PACKING_GATE),
  };
}

/**
 * The best of several ways to use what it knows: the exact sum of all courses, or with what a thought holds on average;
 * gistpool's own bookkeeping with courses in place of forecasts; and what gistpool does without knowing.
 */
function oracles(name: string, label: string, plan: CardPlan, setting: Setting): Ready[] {
  const kept = keptCells(setting.trace);
  const exact = (smoothing: number): SimPolicy => ({
    name,
    label,
    z: 0,
    knows: true,
    foresees: { smoothing },
    rules: new OracleRules(kept, { z: 0, chance: 0 }),
  });
  const usual: SimPolicy = {
    name,
    label,
    z: PACKING_Z,
    knows: true,
    gatesByProfile: true,
    rules: new GatedRules(kept, PACKING_GATE),
  };
  const blind = gated(name, label, setting);
  const steered = { ...blind, margin: new Margin(setting.learntMargin()) };
  return [exact(0), exact(1), usual, blind, steered].map((policy) => ({ policy, plan }));
}

function pastFuture(
  name: string,
  label: string,
  plan: CardPlan,
  past: readonly number[],
  measure: 'output tokens' | 'peak',
  watermark = 1,
): Ready {
  const admission = new PastFuture(past, measure, seededRandom(1), watermark);
  return { policy: { name, label, z: 0, knows: false, rules: new EvictingRules(), admission }, plan };
}

function aggressive(name: string, label: string, plan: CardPlan, watermark: number = WATERMARK): Ready {
  const admission = new Aggressive(watermark);
  return { policy: { name, label, z: 0, knows: false, rules: new EvictingRules(), admission }, plan };
}

const reserving = (name: string, label: string, setting: Setting, admission: Reserving): Ready => ({
  policy: { name, label, z: 0, knows: false, rules: new ReservingRules(), admission },
  plan: paged(setting),
});

/** The planner's lanes, by what the predictor knows before the trace begins: of all kinds of jobs, as a card plans them. */
export function planned({ trace, learnt, memory, time }: Setting): CardPlan {
  const [usual] = trace.jobs;
  if (!usual) throw new Error('a trace without jobs');
  const plan = planLanes(mixOf(learnt(), featuresOf(trace, usual)).demand, memory, time, PACKING_Z);
  const [lane] = plan.lanes;
  if (!lane) throw new Error(plan.why);
  return { ...lane, sharing: lane.sessions };
}

/** One pool of all cells, and attention that costs no more for it: memory in pages, as the engine does not have it. */
const paged = ({ memory }: Setting): CardPlan => ({
  pools: 1,
  cells: memory.cells,
  sessions: memory.mostSessions,
  sharing: 1,
});

function constantCells({ pastGrowth, trace }: Setting): number {
  const sorted = [...pastGrowth].sort((a, b) => a - b);
  const growth = sorted[Math.floor(0.99 * sorted.length)];
  const [job] = trace.jobs;
  if (growth === undefined && job) return upperBound(trace)(job);
  return Math.ceil(((growth ?? 0) + 250) / 256) * 256;
}
