import { group, quantileSorted } from 'd3-array';
import type { JobView } from '@gistpool/contracts';

export const QUANTILES = [0.5, 0.95, 0.99] as const;

export interface Times {
  readonly jobs: number;
  /** In the order of QUANTILES; null without jobs. */
  readonly waitMs: readonly (number | null)[];
  readonly runMs: readonly (number | null)[];
}

export function timesOf(jobs: readonly JobView[]): Times {
  const usages = jobs.flatMap(({ usage }) => usage ?? []);
  const quantiles = (of: (usage: (typeof usages)[number]) => number) => {
    const sorted = usages.map(of).sort((a, b) => a - b);
    return QUANTILES.map((share) => quantileSorted(sorted, share) ?? null);
  };
  return {
    jobs: usages.length,
    waitMs: quantiles((usage) => usage.queue_ms),
    runMs: quantiles((usage) => usage.run_ms),
  };
}

/** What failed, by its code, the most first. */
export function failuresOf(
  jobs: readonly JobView[],
): readonly { code: string; jobs: number; example: JobView }[] {
  const byCode = group(jobs, (job) => job.error?.code ?? 'unknown');
  return [...byCode]
    .flatMap(([code, some]) => (some[0] === undefined ? [] : [{ code, jobs: some.length, example: some[0] }]))
    .sort((a, b) => b.jobs - a.jobs);
}
