import type { TraceMeasured, TracePool } from '@gistpool/contracts';
import type { JobFeatures, Policy, SessionLimits } from '@gistpool/core';

/** How a job runs, if nobody disturbs it. */
export interface Course {
  /** Sampled tokens of every thought, splitter included. */
  readonly thoughtTokens: ArrayLike<number>;
  /** Sampled tokens after the last compression. */
  readonly tailTokens: number;
}

/** A job of a trace. Its course is made when asked for, so that a million waiting jobs are small. */
export interface SimJob {
  readonly jobId: string;
  readonly tenant: string;
  readonly priority: number;
  readonly task: string;
  readonly createdAtMs: number;
  readonly promptTokens: number;
  /** Where they are not the trace's. */
  readonly limits?: SessionLimits;
  readonly course: () => Course;
  /** What really happened to it, if it was recorded. */
  readonly measured?: TraceMeasured;
}

export interface Trace {
  readonly name: string;
  readonly model: string;
  /** Left out: LightThinker at thought level. */
  readonly method?: Method;
  readonly kvBytesPerCell: number;
  readonly gistCount: number;
  readonly limits: SessionLimits;
  /** By arrival. */
  readonly jobs: readonly SimJob[];
  /** Jobs from this one on come from another distribution than those before. */
  readonly driftsAt?: number;
  /** The pool that it was recorded on. */
  readonly pool?: TracePool;
}

/** What of a model's policy a trace names. */
export interface Method {
  readonly kind: 'lightthinker' | 'vanilla';
  /** Token level: so many sampled tokens are a thought. */
  readonly everyTokens?: number;
}

export const keptCells = (trace: Trace): number => trace.gistCount + 1;

export function featuresOf(trace: Trace, job: SimJob): JobFeatures {
  return {
    model: trace.model,
    policy: policyOf(trace),
    task: job.task,
    promptTokens: job.promptTokens,
    limits: job.limits ?? trace.limits,
  };
}

function policyOf({ method, gistCount }: Trace): Policy {
  if (method?.kind === 'vanilla') return { kind: 'vanilla' };
  return {
    kind: 'lightthinker',
    splitter: 0,
    gists: Array.from({ length: gistCount }, (_, gist) => gist + 1),
    continueToken: gistCount + 1,
    ...(method?.everyTokens === undefined ? {} : { everyTokens: method.everyTokens }),
  };
}

export function peakCells(promptTokens: number, course: Course, kept: number): number {
  let floor = promptTokens;
  let peak = floor;
  for (let k = 0; k < course.thoughtTokens.length; k += 1) {
    peak = Math.max(peak, floor + (course.thoughtTokens[k] ?? 0) + kept);
    floor += kept;
  }
  return Math.max(peak, floor + course.tailTokens);
}

export function sampledTokens(course: Course): number {
  let sum = course.tailTokens;
  for (let k = 0; k < course.thoughtTokens.length; k += 1) sum += course.thoughtTokens[k] ?? 0;
  return sum;
}

/** The same texts with nothing compressed: all of a text is one thought that is never cut. */
export function asVanilla(trace: Trace): Trace {
  const jobs = trace.jobs.map((job) => ({
    ...job,
    course: () => ({ thoughtTokens: [], tailTokens: sampledTokens(job.course()) }),
  }));
  return { ...trace, name: `${trace.name}, vanilla`, method: { kind: 'vanilla' }, jobs };
}
