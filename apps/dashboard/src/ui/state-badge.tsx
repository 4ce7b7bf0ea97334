import type { JobState } from '@gistpool/contracts';

const TONES: Readonly<Record<JobState, string>> = {
  delayed: '',
  paused: 'warn',
  waiting: '',
  placed: 'info',
  thinking: 'info',
  answering: 'info',
  retrying: 'warn',
  completed: 'good',
  failed: 'bad',
  cancelled: '',
  expired: 'bad',
};

export function StateBadge({ state }: { readonly state: JobState }) {
  return <span className={`badge ${TONES[state]}`}>{state}</span>;
}
