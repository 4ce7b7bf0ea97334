import type { JobState } from '@gistpool/contracts';

/** Whether a job in that state goes on. Of the contracts only types are taken here: their schemas would fill the bundle. */
const GOES_ON: Readonly<Record<JobState, boolean>> = {
  delayed: true,
  paused: true,
  waiting: true,
  placed: true,
  thinking: true,
  answering: true,
  retrying: true,
  completed: false,
  failed: false,
  cancelled: false,
  expired: false,
};

/** In the order of a job's life. */
export const STATES = Object.keys(GOES_ON) as readonly JobState[];

export const OPEN_STATES = STATES.filter((state) => GOES_ON[state]);

export const isOpen = (state: JobState): boolean => GOES_ON[state];

export const isWaiting = (state: JobState): boolean => state === 'waiting' || state === 'retrying';
