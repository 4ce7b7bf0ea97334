import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { JobView, OrderReceipt } from '@gistpool/contracts';
import { messageOf } from '../api/client';
import { orderJob, type JobOrder } from '../api/jobs';
import { isOpen } from '../jobs/states';
import { say, sayProblem } from '../ui/toasts';
import { CancelButton } from './cancel-button';

const SAID: Readonly<Record<OrderReceipt['outcome'], string>> = {
  paused: 'The job is paused.',
  pausing: 'The job is handed back with its checkpoint, and then paused.',
  resumed: 'The job waits for a place again.',
  retried: 'The job begins anew.',
  unchanged: 'The job was not paused.',
};

interface OrderButtonsProps {
  readonly job: JobView;
  /** It has a new life, with events of its own. */
  readonly onRetried: () => void;
}

/** What may be asked of a job in its state. */
export function OrderButtons({ job, onRetried }: OrderButtonsProps) {
  const { id, state } = job;
  if (!isOpen(state)) {
    if (state === 'completed') return null;
    return <OrderButton id={id} order="retry" name="Retry" onDone={onRetried} />;
  }
  return (
    <div className="row">
      {state === 'paused' ? (
        <OrderButton id={id} order="resume" name="Resume" />
      ) : (
        <OrderButton id={id} order="pause" name="Pause" />
      )}
      <CancelButton id={id} />
    </div>
  );
}

interface OrderButtonProps {
  readonly id: string;
  readonly order: JobOrder;
  readonly name: string;
  readonly onDone?: () => void;
}

function OrderButton({ id, order, name, onDone }: OrderButtonProps) {
  const queries = useQueryClient();
  const { mutate, isPending } = useMutation({
    mutationFn: () => orderJob(id, order),
    onSuccess: async ({ outcome }) => {
      say(SAID[outcome]);
      await queries.invalidateQueries({ queryKey: ['job', id] });
      onDone?.();
    },
    onError: (error) => sayProblem(messageOf(error)),
  });
  return (
    <button type="button" className="button" disabled={isPending} onClick={() => mutate()}>
      {name}
    </button>
  );
}
