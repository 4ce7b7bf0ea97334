import type { JobState } from '@gistpool/contracts';

/** In the order of a job's life. */
export const STATES = [
  'waiting',
  'placed',
  'thinking',
  'answering',
  'retrying',
  'completed',
  'failed',
  'cancelled',
] as const satisfies readonly JobState[];

export const OPEN_STATES = [
  'waiting',
  'placed',
  'thinking',
  'answering',
  'retrying',
] as const satisfies readonly JobState[];

export const isOpen = (state: JobState): boolean => (OPEN_STATES as readonly JobState[]).includes(state);

export const isWaiting = (state: JobState): boolean => state === 'waiting' || state === 'retrying';
