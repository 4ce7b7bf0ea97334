import type { BatchObject } from '@gistpool/contracts';
import type { Progress } from './progress';

/** What is known of a batch from a file is how many of its lines ended well or not. */
export function fileProgress({ request_counts: { total, completed, failed } }: BatchObject): Progress {
  const parts = [
    { state: 'completed' as const, jobs: completed },
    { state: 'failed' as const, jobs: failed },
    { state: 'waiting' as const, jobs: Math.max(0, total - completed - failed) },
  ];
  return {
    total,
    ended: completed + failed,
    parts: parts.filter(({ jobs }) => jobs > 0).map((part) => ({ ...part, share: part.jobs / total })),
  };
}
