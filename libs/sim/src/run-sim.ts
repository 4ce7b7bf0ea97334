import {
  linearSharing,
  Margin,
  type MarginState,
  Predictor,
  predictorOf,
  stateOf,
  stepMs,
  type StepTime,
} from '@gistpool/core';
import { learntFrom, outcomeOf, type Outcome } from './figures';
import {
  ADVERSARIAL,
  adversarialTrace,
  DATA_SETS,
  PAPER_MODELS,
  paperTrace,
  type Adversarial,
  type DataSet,
  type PaperModel,
} from './made-traces';
import { gated, planned, POLICIES, type Memory, type Setting } from './policies';
import { keptCells, peakCells, sampledTokens, type Trace } from './sim-job';
import { Simulation, type SimSettings } from './simulation';

export interface SimOptions {
  readonly jobs: number;
  readonly cards: number;
  readonly seed: number;
  readonly kvBudgetMib: number;
  readonly eps: number;
  readonly ageingMs: number;
  readonly isCold: boolean;
}

/**
 * A step of an H100-like card with a 7B model in f16, by roofline and not measured: 15.2 GB of weights at 3.2 TB/s; 15.2
 * GFLOP per session at 500 TFLOP/s; KV at 2.7 TB/s; attention 1 % dearer per further session in a pool.
 */
const GPU = { passMs: 4.7, sessionMs: 0.03, bytesPerMs: 2.7e9, sharing: 0.01, prefillMs: 0.06 } as const;
/** Saving and loading a cache: 20 GB/s. */
const MOVE_BYTES_PER_MS = 20e6;
/** Sequences of one llama context, and sessions that one stream is shared by at most. */
const MOST_SESSIONS = 256;
const MOST_SHARING = 64;
const HISTORY_JOBS = 1000;
const HISTORY_SEED = 1_000_003;

export interface TraceOutcome {
  readonly trace: string;
  readonly outcomes: readonly Outcome[];
}

/** The makers of all traces by name; `qwen2.5-7b` is meant where no model is named. */
export function madeTraces(): Map<string, (jobs: number, seed: number) => Trace> {
  const makers = new Map<string, (jobs: number, seed: number) => Trace>();
  for (const model of PAPER_MODELS) {
    for (const set of DATA_SETS) makers.set(`${set}/${model}`, maker(set, model));
  }
  for (const name of ADVERSARIAL) {
    makers.set(name, (jobs, seed) =>
      adversarialTrace(name as Adversarial, { jobs, seed, model: 'qwen2.5-7b' }),
    );
  }
  return makers;
}

const maker = (set: DataSet, model: PaperModel) => (jobs: number, seed: number) =>
  paperTrace(set, { jobs, seed, model });

export function stepTimeOf(trace: Trace): StepTime {
  return {
    passMs: GPU.passMs,
    sessionMs: GPU.sessionMs,
    cellMs: trace.kvBytesPerCell / GPU.bytesPerMs,
    sharing: linearSharing(GPU.sharing),
    prefillMs: GPU.prefillMs,
  };
}

const memoryOf = (trace: Trace, kvBudgetMib: number): Memory => ({
  cells: Math.floor((kvBudgetMib * 1024 * 1024) / trace.kvBytesPerCell),
  mostSessions: MOST_SESSIONS,
  mostSharing: MOST_SHARING,
});

/** Of a card of which a quarter of the sessions that it may have, and half of its cells, are in use. */
const usualStepMs = (time: StepTime, { cells, mostSessions, mostSharing }: Memory): number =>
  stepMs(time, mostSessions / 4, cells / 2, mostSharing / 2);

/** All that policies are simulated on, made once for them all. */
export interface Bench {
  readonly setting: Setting;
  readonly settings: SimSettings;
}

/**
 * `history` is what the pool has seen before; `time`: of a step, where it is not that of the GPU above; `ended` hears of each
 * job that ends, of the history too where a margin is learnt from it.
 */
export function benchOf(
  trace: Trace,
  history: Trace | undefined,
  options: Pick<SimOptions, 'cards' | 'kvBudgetMib' | 'eps' | 'ageingMs'>,
  { time = stepTimeOf(trace), ended }: { readonly time?: StepTime; readonly ended?: () => void } = {},
): Bench {
  const memory = memoryOf(trace, options.kvBudgetMib);
  const learnt = history
    ? learntFrom(history, options.eps, usualStepMs(time, memory))
    : new Predictor({ eps: options.eps });
  const state = stateOf(learnt);
  const pastJobs = history ? past(history).jobs : [];
  const settings: SimSettings = {
    cards: options.cards,
    time,
    moveBytesPerMs: MOVE_BYTES_PER_MS,
    ageingMs: options.ageingMs,
    ...(ended && { ended }),
  };
  let margin: MarginState | undefined;
  const setting: Setting = {
    trace,
    time,
    memory,
    learnt: () => {
      const read = predictorOf(state, { eps: options.eps });
      if (!read.ok) throw new Error(read.problem);
      return read.predictor;
    },
    learntMargin: () => history && (margin ??= marginAfter(past(history), setting, settings)),
    pastTokens: pastJobs.map((job) => sampledTokens(job.course())),
    pastGrowth: pastJobs.map(
      (job) => peakCells(job.promptTokens, job.course(), keptCells(trace)) - job.promptTokens,
    ),
  };
  return { setting, settings };
}

export const simulatePolicy = ({ setting, settings }: Bench, policy: string): Outcome =>
  outcomeOf(setting, POLICIES[policy]?.(setting) ?? [], settings);

/** Every policy on one trace; `history` is what the pool has seen before. */
export function simulateTrace(
  trace: Trace,
  history: Trace | undefined,
  policies: readonly string[],
  options: SimOptions,
  say: (text: string) => void,
): TraceOutcome {
  const bench = benchOf(trace, history, options);
  const outcomes = policies.map((name) => {
    const outcome = simulatePolicy(bench, name);
    const { figures } = outcome;
    say(
      `${trace.name}: ${figures.label}: ${figures.goodput_tokens_per_s.toFixed(0)} tokens/s, ` +
        `${(100 * figures.overflow_share).toFixed(2)} % overflow (${figures.simulated_in_s.toFixed(1)} s)\n`,
    );
    return outcome;
  });
  return { trace: trace.name, outcomes };
}

/** What came before the jobs changed. */
const past = (history: Trace): Trace => ({
  ...history,
  jobs: history.jobs.slice(0, history.driftsAt ?? history.jobs.length),
});

/** A pool that ran before has a margin that became what it is by the overflows it had. */
function marginAfter(trace: Trace, setting: Setting, settings: SimSettings): MarginState {
  const margin = new Margin();
  const policy = { ...gated('gistpool', 'gistpool', setting), margin };
  new Simulation(trace, policy, planned(setting), setting.learnt(), settings).run();
  // Its changes are of another clock.
  return { z: margin.z };
}

export function madeHistory(make: (jobs: number, seed: number) => Trace, seed: number): Trace {
  return make(HISTORY_JOBS, seed + HISTORY_SEED);
}
