import {
  fresh,
  newcomer,
  Outlook,
  type Forecast,
  type JobFeatures,
  type Newcomer,
  type Predictor,
  type Progress,
} from '@gistpool/core';
import { KnownCourse } from './known-course';
import type { KnownNewcomer } from './known-pool';
import type { SimPolicy } from './policy';
import {
  featuresOf,
  keptCells,
  peakCells,
  sampledTokens,
  type Course,
  type SimJob,
  type Trace,
} from './sim-job';
import type { SimSession } from './sim-session';

/** Share of jobs that run longer than what is called a long run. */
const LONGER_THAN_LONG = 0.05;

/** A job in the backlog. */
export interface Waiting {
  readonly jobId: string;
  readonly tenant: string;
  readonly priority: number;
  readonly createdAtMs: number;
  /** Predicted peak. */
  readonly cells: number;
  readonly job: SimJob;
  /** It was at work before. */
  readonly session?: SimSession;
}

/** What a policy may know of a job: what the predictor says, or, for an oracle, its course. */
export class Foresight {
  private readonly features = new Map<string, JobFeatures>();
  private readonly kept: number;
  /** Of the newcomer asked for last. */
  private readonly outlook = new Outlook();
  /** Of the job asked last; made once for the several questions about it. */
  private latest: { readonly job: SimJob; readonly course: Course } | undefined;

  constructor(
    private readonly trace: Trace,
    private readonly policy: SimPolicy,
    readonly predictor: Predictor,
  ) {
    this.kept = keptCells(trace);
  }

  waiting(job: SimJob, session?: SimSession): Waiting {
    const { jobId, tenant, priority, createdAtMs } = job;
    const cells = this.predictedPeakCells(job, session);
    return { jobId, tenant, priority, createdAtMs, cells, job, ...(session && { session }) };
  }

  newcomer({ job, session }: Waiting, z: number): Newcomer {
    const standing = session?.standing ?? fresh(job.promptTokens);
    const { outlook } = this;
    outlook.clear();
    const made = () => newcomer(this.predictedPeakCells(job, session), outlook, z);
    if (this.policy.foresees) {
      const course = session?.course ?? this.courseOf(job);
      const known: KnownNewcomer = { ...made(), course, standing };
      return known;
    }
    (session?.forecast ?? this.forecast(job)).addTo(outlook, standing);
    return made();
  }

  courseOf(job: SimJob): Course {
    if (this.latest?.job !== job) this.latest = { job, course: job.course() };
    return this.latest.course;
  }

  featuresOf(job: SimJob): JobFeatures {
    const { task, promptTokens, limits } = job;
    const key = `${task} ${promptTokens} ${limits ? JSON.stringify(limits) : ''}`;
    const known = this.features.get(key);
    if (known) return known;
    const made = featuresOf(this.trace, job);
    this.features.set(key, made);
    return made;
  }

  forecast(job: SimJob, course?: Course): Forecast {
    const { knows, gatesByProfile } = this.policy;
    if (!knows) return this.predictor.forecast(this.featuresOf(job));
    const gating = gatesByProfile ? this.predictor.known(this.featuresOf(job)).profile : undefined;
    return new KnownCourse(course ?? this.courseOf(job), this.kept, gating);
  }

  /** Steps within which the job will almost surely end. */
  longRunSteps(job: SimJob): number {
    if (!this.policy.knows) {
      return this.predictor.known(this.featuresOf(job)).profile.stepsQuantile(LONGER_THAN_LONG);
    }
    const course = this.courseOf(job);
    return sampledTokens(course) + course.thoughtTokens.length * this.kept;
  }

  /** Followed by the predictor where the policy learns from it. */
  begin(job: SimJob, predictedPeakCells: number, epoch: number): Progress | undefined {
    const { admission, knows, gatesByProfile } = this.policy;
    if (admission || (knows && !gatesByProfile)) return undefined;
    return this.predictor.begin(this.featuresOf(job), predictedPeakCells, epoch);
  }

  private predictedPeakCells(job: SimJob, session?: SimSession): number {
    if (this.policy.knows)
      return peakCells(job.promptTokens, session?.course ?? this.courseOf(job), this.kept);
    return this.predictor.predictedPeakCells(this.featuresOf(job), session?.standing);
  }
}
