import type { JobFeatures, SessionLimits } from '@gistpool/core';

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
  readonly course: () => Course;
}

export interface Trace {
  readonly name: string;
  readonly model: string;
  readonly kvBytesPerCell: number;
  readonly gistCount: number;
  readonly limits: SessionLimits;
  /** By arrival. */
  readonly jobs: readonly SimJob[];
  /** Jobs from this one on come from another distribution than those before. */
  readonly driftsAt?: number;
}

export const keptCells = (trace: Trace): number => trace.gistCount + 1;

export function featuresOf(trace: Trace, job: SimJob): JobFeatures {
  return {
    model: trace.model,
    policy: {
      kind: 'lightthinker',
      splitter: 0,
      gists: Array.from({ length: trace.gistCount }, (_, gist) => gist + 1),
      continueToken: trace.gistCount + 1,
    },
    task: job.task,
    promptTokens: job.promptTokens,
    limits: trace.limits,
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
