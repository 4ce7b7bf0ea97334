import { boundOf, jainIndex, Predictor } from '@gistpool/core';
import type { Recorder, Sample } from './recorder';
import type { Ready, Setting } from './policies';
import { featuresOf, keptCells, peakCells, sampledTokens, type Trace } from './sim-job';
import { Simulation, type SimSettings } from './simulation';

/** Of one trace under one policy. Rates are of the time until no job waited (an emptying pool says nothing), or of the whole run if none ever did. */
export interface PolicyFigures {
  readonly policy: string;
  readonly label: string;
  readonly jobs: number;
  readonly completed: number;
  /** Sampled; what is decoded a second time after a job was thrown out is not counted again. */
  readonly goodput_tokens_per_s: number;
  /** While the middle three fifths of all tokens were sampled: the same work under every policy, and neither end of the run. */
  readonly steady_tokens_per_s: number;
  readonly makespan_s: number;
  /** Deviations that pools kept free when all had ended, where overflows steer them. */
  readonly margin_z?: number;
  /** Live cells over all cells. */
  readonly utilisation: number;
  readonly sessions_per_card: number;
  /** Waiting for a moment inside their pool. */
  readonly held_per_card: number;
  readonly overflow_jobs: number;
  readonly overflow_share: number;
  readonly parks: number;
  /** Moves from one pool of a card to another. */
  readonly moves: number;
  readonly evictions: number;
  readonly wait_p50_s: number;
  readonly wait_p95_s: number;
  readonly wait_p99_s: number;
  /** Jain's index of the tenants' KV byte-seconds, until the first of them had nothing left to start. */
  readonly jain: number;
  readonly coverage?: CoverageFigures;
  readonly pools: { readonly pools: number; readonly cells: number; readonly sessions: number };
  readonly simulated_in_s: number;
}

export interface CoverageFigures {
  readonly promised: number;
  readonly jobs: number;
  readonly kept: number;
  readonly share: number;
  /** Misses that a fair promise exceeds in one of a hundred such traces. */
  readonly misses_allowed: number;
  readonly after_drift?: Omit<CoverageFigures, 'after_drift' | 'promised'>;
}

export interface Outcome {
  readonly figures: PolicyFigures;
  readonly samples: readonly Sample[];
}

/** Jobs after a drift from which on the promise must hold again. */
export const SETTLING_JOBS = 300;

export function outcomeOf(setting: Setting, variants: readonly Ready[], settings: SimSettings): Outcome {
  const outcomes = variants.map((ready) => simulate(setting, ready, settings));
  const isGood = ({ figures }: Outcome) => figures.overflow_share <= 0.01;
  const among = outcomes.some(isGood) ? outcomes.filter(isGood) : outcomes;
  return among.reduce((best, one) =>
    one.figures.goodput_tokens_per_s > best.figures.goodput_tokens_per_s ? one : best,
  );
}

function simulate({ trace, learnt }: Setting, { policy, plan }: Ready, settings: SimSettings): Outcome {
  const begin = performance.now();
  const predictor = learnt();
  const recorder = new Simulation(trace, policy, plan, predictor, settings).run();
  const { full } = recorder;
  if (!full) throw new Error('a simulation that never ended');
  const waits = recorder.waitsMs.sort((a, b) => a - b);
  const wait = (share: number) => (waits[Math.floor(share * (waits.length - 1))] ?? 0) / 1000;
  const cardMs = full.atMs * settings.cards;
  return {
    samples: recorder.samples,
    figures: {
      policy: policy.name,
      label: policy.label,
      jobs: trace.jobs.length,
      completed: recorder.done,
      goodput_tokens_per_s: (1000 * full.tokens) / full.atMs,
      steady_tokens_per_s: recorder.steadyTokensPerSecond,
      makespan_s: recorder.endedAtMs / 1000,
      utilisation: full.cellMs / cardMs / (plan.cells * plan.pools),
      sessions_per_card: full.sessionMs / cardMs,
      held_per_card: full.heldMs / cardMs,
      overflow_jobs: recorder.overflows.size,
      overflow_share: recorder.overflows.size / trace.jobs.length,
      parks: recorder.parked,
      moves: recorder.moved,
      evictions: recorder.evicted,
      wait_p50_s: wait(0.5),
      wait_p95_s: wait(0.95),
      wait_p99_s: wait(0.99),
      jain: jainIndex([...(recorder.contended ?? full.cellMsByTenant).values()]),
      ...(policy.margin && { margin_z: policy.margin.z }),
      ...(policy.admission || policy.knows
        ? {}
        : { coverage: coverageOf(trace, recorder, predictor.options.eps) }),
      pools: { pools: plan.pools, cells: plan.cells, sessions: plan.sessions },
      simulated_in_s: (performance.now() - begin) / 1000,
    },
  };
}

function coverageOf(trace: Trace, { kept }: Recorder, eps: number): CoverageFigures {
  const of = (jobs: typeof kept) => {
    const good = jobs.filter(({ isKept }) => isKept).length;
    return {
      jobs: jobs.length,
      kept: good,
      share: jobs.length === 0 ? 1 : good / jobs.length,
      misses_allowed: binomialQuantile(jobs.length, eps, 0.99),
    };
  };
  const { driftsAt } = trace;
  if (driftsAt === undefined) return { promised: 1 - eps, ...of(kept) };
  const after = kept.filter(({ index }) => index >= driftsAt + SETTLING_JOBS);
  return { promised: 1 - eps, ...of(kept), after_drift: of(after) };
}

/** The least m with P(X <= m) >= level for X binomial (n, p). */
export function binomialQuantile(n: number, p: number, level: number): number {
  let term = (1 - p) ** n;
  let sum = term;
  let m = 0;
  while (sum < level && m < n) {
    term *= ((n - m) / (m + 1)) * (p / (1 - p));
    sum += term;
    m += 1;
  }
  return m;
}

/** A predictor that has seen these jobs end; `msPerStep`: how long a step took them, where their run times are wanted, too. */
export function learntFrom(trace: Trace, eps: number, msPerStep?: number): Predictor {
  const jobs = trace.driftsAt ?? trace.jobs.length;
  const predictor = new Predictor({ eps });
  const kept = keptCells(trace);
  for (const job of trace.jobs.slice(0, jobs)) {
    const course = job.course();
    const features = featuresOf(trace, job);
    const progress = predictor.begin(features, boundOf(features), -1);
    let floor = job.promptTokens;
    let peak = floor;
    for (let k = 0; k < course.thoughtTokens.length; k += 1) {
      const tokens = course.thoughtTokens[k] ?? 0;
      peak = Math.max(peak, floor + tokens + kept);
      floor += kept;
      predictor.thought(progress, tokens, peak);
    }
    const tokens = sampledTokens(course);
    const steps = tokens + course.thoughtTokens.length * kept;
    const run = msPerStep === undefined ? undefined : { ms: steps * msPerStep, tokens };
    predictor.end(progress, course.tailTokens, peakCells(job.promptTokens, course, kept), run);
  }
  return predictor;
}
