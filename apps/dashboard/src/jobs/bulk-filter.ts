import type { BulkAction, BulkFilter, JobState } from '@gistpool/contracts';
import type { JobQuery } from '../api/jobs';
import { OPEN_STATES, STATES } from './states';

const WAITS: readonly JobState[] = ['waiting', 'retrying', 'delayed', 'paused'];

/** States in which an order changes something. */
const CHANGES: Readonly<Record<BulkAction, readonly JobState[]>> = {
  cancel: OPEN_STATES,
  retry: STATES.filter((state) => ['failed', 'cancelled', 'expired'].includes(state)),
  reprioritize: WAITS,
};

/** What an order is about: what the list shows, where it changes something. Undefined: it would change nothing. */
export function bulkFilter(action: BulkAction, { state, ...shown }: JobQuery): BulkFilter | undefined {
  if (state === undefined) return { ...shown, state: [...CHANGES[action]] };
  return CHANGES[action].includes(state) ? { ...shown, state } : undefined;
}
