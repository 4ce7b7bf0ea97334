import { Margin } from '@gistpool/core';
import { gated, planned } from '../policies';
import { benchOf, type SimOptions } from '../run-sim';
import { Simulation } from '../simulation';
import { Autoscaler, CHART } from './autoscaler';
import { byDemand, byQueueLength, type ScalingRule } from './scaling-rule';
import { wavesTrace } from './waves';

export interface Sweep {
  readonly drainSeconds: readonly number[];
  readonly jobsPerCard: readonly number[];
}

const SWEEP: Sweep = {
  drainSeconds: [15, 30, 60, 120, 240, 480, 960],
  jobsPerCard: [8, 16, 32, 64, 128, 256, 512],
};
const HISTORY_JOBS = 2000;
const HISTORY_SEED = 1_000_003;

export interface ScalingRun {
  readonly rule: string;
  readonly setting: string;
  readonly card_minutes: number;
  readonly most_cards: number;
  /** From arrival to start. */
  readonly wait_p50_s: number;
  readonly wait_p95_s: number;
  /** From arrival to end. */
  readonly turnaround_p95_s: number;
  readonly makespan_s: number;
  readonly completed: number;
  readonly handed_back: number;
  readonly overflow_share: number;
}

export interface ScalingComparison {
  readonly jobs: number;
  readonly seed: number;
  readonly most_cards: number;
  readonly runs: readonly ScalingRun[];
  /** At the turnaround p95 that the queue-length rule reaches with each setting: its card-minutes, and ours at the same. */
  readonly equal: readonly EqualPoint[];
}

export interface EqualPoint {
  readonly turnaround_p95_s: number;
  readonly setting: string;
  readonly queue_length_card_minutes: number;
  readonly demand_card_minutes: number;
}

/** Both rules over all their settings on the same jobs, with the same following (KEDA's asking, the HPA's steps). */
export function compareScaling(
  options: SimOptions,
  say: (line: string) => void,
  sweep = SWEEP,
): ScalingComparison {
  const { jobs, seed, cards } = options;
  const trace = wavesTrace(jobs, seed);
  const { setting, settings } = benchOf(trace, wavesTrace(HISTORY_JOBS, seed + HISTORY_SEED), options);
  const plan = planned(setting);
  const run = (rule: ScalingRule): ScalingRun => {
    let scaler: Autoscaler | undefined;
    const policy = { ...gated('gistpool', 'gistpool', setting), margin: new Margin() };
    const recorder = new Simulation(trace, policy, plan, setting.learnt(), settings, (elastic) => {
      scaler = new Autoscaler(elastic, rule, CHART);
      return scaler;
    }).run();
    scaler?.count(recorder.endedAtMs);
    const figures = {
      rule: rule.name,
      setting: rule.setting,
      card_minutes: (scaler?.cardMs ?? Number.NaN) / 60_000,
      most_cards: scaler?.mostCards ?? 0,
      wait_p50_s: quantileOf(recorder.waitsMs, 0.5) / 1000,
      wait_p95_s: quantileOf(recorder.waitsMs, 0.95) / 1000,
      turnaround_p95_s: quantileOf(recorder.turnaroundsMs, 0.95) / 1000,
      makespan_s: recorder.endedAtMs / 1000,
      completed: recorder.done,
      handed_back: scaler?.handedBack ?? 0,
      overflow_share: recorder.overflows.size / trace.jobs.length,
    };
    say(
      `${figures.rule}, ${figures.setting}: ${figures.card_minutes.toFixed(0)} card-minutes, turnaround p95 ${figures.turnaround_p95_s.toFixed(0)} s\n`,
    );
    return figures;
  };
  const ours = sweep.drainSeconds.map((seconds) => run(byDemand(1000 * seconds, plan, cards)));
  const theirs = sweep.jobsPerCard.map((perCard) => run(byQueueLength(perCard)));
  return { jobs, seed, most_cards: cards, runs: [...ours, ...theirs], equal: equalPoints(ours, theirs) };
}

/**
 * What we pay for the same turnaround: the cheapest of our settings that is no slower, or, between two of them, along the
 * line from one to the other. Turnarounds faster than any of ours have no point.
 */
export function equalPoints(ours: readonly ScalingRun[], theirs: readonly ScalingRun[]): EqualPoint[] {
  const sorted = [...ours].sort((a, b) => a.turnaround_p95_s - b.turnaround_p95_s);
  return theirs.flatMap((one) => {
    const slower = sorted.findIndex((own) => own.turnaround_p95_s >= one.turnaround_p95_s);
    const [a, b] = [sorted[slower - 1], sorted[slower]];
    if (!a || !b) return [];
    const share = (one.turnaround_p95_s - a.turnaround_p95_s) / (b.turnaround_p95_s - a.turnaround_p95_s);
    const between = a.card_minutes + share * (b.card_minutes - a.card_minutes);
    const cheapest = Math.min(...sorted.slice(0, slower).map((own) => own.card_minutes));
    return [
      {
        turnaround_p95_s: one.turnaround_p95_s,
        setting: one.setting,
        queue_length_card_minutes: one.card_minutes,
        demand_card_minutes: Math.min(between, cheapest),
      },
    ];
  });
}

function quantileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
}
