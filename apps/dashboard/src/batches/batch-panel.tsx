import { Link } from 'react-router';
import { bulkOrder } from '../api/jobs';
import { messageOf } from '../api/client';
import { count, percent, plural } from '../format/numbers';
import { bulkFilter } from '../jobs/bulk-filter';
import { May } from '../session/may';
import { Confirm } from '../ui/confirm';
import { Empty } from '../ui/empty';
import { Problem } from '../ui/problem';
import { StateBadge } from '../ui/state-badge';
import { say, sayProblem } from '../ui/toasts';
import { CauseTable } from './cause-table';
import { causesOf } from './causes';
import { PaceText } from './pace-text';
import { progressOf } from './progress';
import { ProgressBar } from './progress-bar';
import { useBatchCounts, useFailedJobs } from './sent-batches';

/** One batch: how far it is, and its jobs by state. */
export function BatchPanel({ id }: { readonly id: string }) {
  const { data, error } = useBatchCounts(id);
  if (data === undefined)
    return error === null ? <p className="soft">Loading…</p> : <Problem error={error} />;
  const progress = progressOf(data.counts.states);
  if (progress.total === 0) {
    return (
      <Empty title="No job of this batch is known">
        <p>
          <span className="mono">{id}</span> was never sent here, or its jobs are forgotten.
        </p>
      </Empty>
    );
  }
  return (
    <section className="panel stack tight" aria-labelledby="batch">
      <div className="row apart">
        <h2 id="batch" className="mono">
          {id}
        </h2>
        <div className="row">
          <Link className="button" to={`/jobs?batch=${id}`}>
            Its jobs
          </Link>
          {progress.ended < progress.total && (
            <May scope="submit">
              <CancelRest id={id} />
            </May>
          )}
        </div>
      </div>
      <ProgressBar progress={progress} name={id} />
      <p className="number">
        {count(progress.ended)} of {plural(progress.total, 'job')} ended (
        {percent(progress.ended / progress.total)})
        {progress.ended < progress.total && data.samples.length > 2 && (
          <>
            , <PaceText samples={data.samples} total={progress.total} />
          </>
        )}
      </p>
      <ul className="batch-states">
        {progress.parts.map(({ state, jobs }) => (
          <li key={state}>
            <Link to={`/jobs?batch=${id}&state=${state}`}>
              <StateBadge state={state} /> {count(jobs)}
            </Link>
          </li>
        ))}
      </ul>
      {data.counts.states.failed > 0 && <FailedJobs id={id} />}
    </section>
  );
}

function FailedJobs({ id }: { readonly id: string }) {
  const causes = causesOf(useFailedJobs(id).data ?? []);
  if (causes.length === 0) return null;
  return (
    <section className="stack tight" aria-labelledby="causes">
      <h3 id="causes">Errors by cause</h3>
      <CauseTable causes={causes} />
    </section>
  );
}

function CancelRest({ id }: { readonly id: string }) {
  const cancel = (): void => {
    const filter = bulkFilter('cancel', { batch: id }) ?? { batch: id };
    bulkOrder({ action: 'cancel', filter }).then(
      ({ changed, status }) =>
        say(
          `${plural(changed, 'job')} of the batch cancelled${status === 'running' ? ', more to follow' : ''}.`,
        ),
      (error: unknown) => sayProblem(messageOf(error)),
    );
  };
  return (
    <Confirm
      title="Cancel the rest of this batch?"
      text="Its jobs that wait end at once, those that run within a step. What has ended stays."
      action="Cancel the rest"
      onConfirm={cancel}
      trigger={
        <button type="button" className="button danger">
          Cancel the rest
        </button>
      }
    />
  );
}
