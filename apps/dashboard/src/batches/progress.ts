import type { JobCounts, JobState } from '@gistpool/contracts';

export interface Progress {
  readonly total: number;
  readonly ended: number;
  /** In the order in which they are drawn. */
  readonly parts: readonly { readonly state: JobState; readonly jobs: number; readonly share: number }[];
}

const DRAWN: readonly JobState[] = [
  'completed',
  'failed',
  'cancelled',
  'expired',
  'answering',
  'thinking',
  'placed',
  'retrying',
  'waiting',
  'delayed',
  'paused',
];

export function progressOf(states: JobCounts['states']): Progress {
  const total = DRAWN.reduce((sum, state) => sum + states[state], 0);
  return {
    total,
    ended: states.completed + states.failed + states.cancelled + states.expired,
    parts: DRAWN.filter((state) => states[state] > 0).map((state) => ({
      state,
      jobs: states[state],
      share: states[state] / total,
    })),
  };
}
