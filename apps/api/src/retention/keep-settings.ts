import type { ApiConfig } from '@gistpool/config';

const DAY_MS = 24 * 3_600_000;

export class KeepSettings {
  constructor(
    readonly lookMs: number,
    readonly sweepMs: number,
    private readonly jobs: number,
    private readonly jobsMs: number,
    /** Results of jobs that ended longer ago go; 0 = none for that. */
    readonly resultsMs: number,
    /** Of more the oldest go; 0 = none for that. */
    readonly resultsBytes: number,
  ) {}

  static of(config: ApiConfig): KeepSettings {
    return new KeepSettings(
      config.GISTPOOL_KEEP_LOOK_MS,
      config.GISTPOOL_KEEP_SWEEP_MS,
      config.GISTPOOL_KEEP_JOBS,
      config.GISTPOOL_KEEP_JOBS_DAYS * DAY_MS,
      config.GISTPOOL_KEEP_RESULTS_DAYS * DAY_MS,
      config.GISTPOOL_KEEP_RESULTS_MIB * 2 ** 20,
    );
  }

  kept(nowMs: number): { readonly jobs: number; readonly sinceMs?: number } {
    const { jobs, jobsMs } = this;
    return jobsMs === 0 ? { jobs } : { jobs, sinceMs: nowMs - jobsMs };
  }
}
