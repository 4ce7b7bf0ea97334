import type { BatchStatus } from '@gistpool/contracts';

const TONES: Readonly<Record<BatchStatus, string>> = {
  validating: '',
  in_progress: 'info',
  finalizing: 'info',
  completed: 'good',
  failed: 'bad',
  expired: 'bad',
  cancelling: 'warn',
  cancelled: '',
};

export function BatchBadge({ status }: { readonly status: BatchStatus }) {
  return <span className={`badge ${TONES[status]}`}>{status.replace('_', ' ')}</span>;
}
