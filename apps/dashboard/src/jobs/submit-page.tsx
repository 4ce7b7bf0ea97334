import { useMutation } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { submitJob, useModels } from '../api/jobs';
import { May } from '../session/may';
import { say } from '../ui/toasts';
import { useTitle } from '../ui/use-title';
import { RequestForm } from './request-form';

export function SubmitPage() {
  useTitle('Submit a job');
  const navigate = useNavigate();
  const models = useModels().data;
  const { mutate, isPending, error } = useMutation({
    mutationFn: submitJob,
    onSuccess: (job) => {
      say('The job is stored and waits.');
      return navigate(`/jobs/${job.id}`);
    },
  });
  return (
    <div className="stack">
      <h1>Submit a job</h1>
      {models?.length === 0 && (
        <p className="notice warn">
          <strong>No model is known yet.</strong> A job needs one: start a worker with{' '}
          <code>./gistpool up --model your-model.gguf</code>.
        </p>
      )}
      <May scope="submit">
        <div className="panel">
          <RequestForm
            action="Submit"
            isBusy={isPending}
            error={error}
            onSend={(request) => mutate(request)}
          />
        </div>
      </May>
    </div>
  );
}
