import { useMutation, useQueryClient } from '@tanstack/react-query';
import { messageOf } from '../api/client';
import { cancelJob } from '../api/jobs';
import { Confirm } from '../ui/confirm';
import { say, sayProblem } from '../ui/toasts';

const SAID = {
  cancelled: 'The job is cancelled.',
  cancelling: 'The job will stop within a step.',
  already_ended: 'The job had ended already.',
} as const;

export function CancelButton({ id }: { readonly id: string }) {
  const queries = useQueryClient();
  const { mutate, isPending } = useMutation({
    mutationFn: () => cancelJob(id),
    onSuccess: ({ outcome }) => {
      say(SAID[outcome]);
      return queries.invalidateQueries({ queryKey: ['job', id] });
    },
    onError: (error) => sayProblem(messageOf(error)),
  });
  return (
    <Confirm
      title="Cancel this job?"
      text="Its memory is free within a step. What it has said so far stays readable; it cannot be taken up again."
      action="Cancel the job"
      onConfirm={() => mutate()}
      trigger={
        <button type="button" className="button danger" disabled={isPending}>
          Cancel
        </button>
      }
    />
  );
}
