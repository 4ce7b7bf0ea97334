import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { BatchObject } from '@gistpool/contracts';
import { messageOf } from '../api/client';
import { cancelBatch, contentOf, hasEnded, readLines, type SeenBatch } from '../api/openai-batches';
import { bytes, count, percent, plural } from '../format/numbers';
import { duration, moment } from '../format/time';
import { May } from '../session/may';
import { Confirm } from '../ui/confirm';
import { Figures } from '../ui/figures';
import { Problem } from '../ui/problem';
import { say, sayProblem } from '../ui/toasts';
import { useNow } from '../ui/use-now';
import { BatchBadge } from './batch-badge';
import { CauseTable } from './cause-table';
import { causesOf, faultsIn } from './causes';
import { fileProgress } from './file-progress';
import { PaceText } from './pace-text';
import { ProgressBar } from './progress-bar';

/** Of an error file: more is for the file itself. */
const READ_BYTES = 16 * 2 ** 20;

/** One batch from a file: status, how far and how fast, its files, and why lines got no answer. */
export function FileBatchPanel({ seen: { batch, samples } }: { readonly seen: SeenBatch }) {
  const progress = fileProgress(batch);
  return (
    <section className="panel stack" aria-labelledby="batch">
      <div className="row apart">
        <span className="row">
          <h2 id="batch" className="mono job-name">
            {batch.id}
          </h2>
          <BatchBadge status={batch.status} />
        </span>
        <div className="row">
          <Link className="button" to={`/jobs?batch=${batch.id}`}>
            Its jobs
          </Link>
          {(batch.status === 'validating' || batch.status === 'in_progress') && (
            <May scope="submit">
              <Cancel id={batch.id} />
            </May>
          )}
        </div>
      </div>
      {progress.total > 0 && <ProgressBar progress={progress} name={batch.id} />}
      <p className="number" role="status">
        {progress.total === 0
          ? batch.status === 'validating'
            ? 'Its file is being read.'
            : 'None of its lines was tried.'
          : `${count(progress.ended)} of ${plural(progress.total, 'line')} ended (${percent(progress.ended / progress.total)}), ${count(batch.request_counts.failed)} without an answer`}
      </p>
      {!hasEnded(batch) && progress.total > 0 && (
        <p className="number">
          <PaceText samples={samples} total={progress.total} />
        </p>
      )}
      <Times batch={batch} />
      <div className="row">
        <Download label="Output file" fileId={batch.output_file_id} />
        <Download label="Error file" fileId={batch.error_file_id} />
        <Download label="Input file" fileId={batch.input_file_id} />
      </div>
      <Causes batch={batch} />
    </section>
  );
}

function Times({ batch }: { readonly batch: BatchObject }) {
  const nowMs = useNow(5_000);
  const at = (seconds: number | null) => (seconds === null ? undefined : moment(1000 * seconds, nowMs));
  const endedAt = batch.completed_at ?? batch.failed_at ?? batch.expired_at ?? batch.cancelled_at;
  const facts: (readonly [string, string | undefined])[] = [
    ['endpoint', batch.endpoint],
    ['made', at(batch.created_at)],
    ['begun', at(batch.in_progress_at)],
    ['files being written since', endedAt === null ? at(batch.finalizing_at) : undefined],
    ['cancelling since', endedAt === null ? at(batch.cancelling_at) : undefined],
    [batch.status.replace('_', ' '), at(endedAt)],
    ['took', endedAt === null ? undefined : duration(1000 * (endedAt - batch.created_at))],
    [`must end within ${batch.completion_window}`, endedAt === null ? at(batch.expires_at) : undefined],
    ...Object.entries(batch.metadata ?? {}),
  ];
  return (
    <Figures
      isPlain
      figures={facts.flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]))}
    />
  );
}

function Download({ label, fileId }: { readonly label: string; readonly fileId: string | null }) {
  if (fileId === null) return null;
  return (
    <a className="button" href={contentOf(fileId)} download>
      {label}
    </a>
  );
}

/** From the error file once it is there; a batch that failed as a whole names its first errors itself. */
function Causes({ batch }: { readonly batch: BatchObject }) {
  const { error_file_id: fileId, errors } = batch;
  const { data: lines, error } = useQuery({
    queryKey: ['error-file', fileId],
    queryFn: ({ signal }) => readLines(fileId ?? '', READ_BYTES, signal),
    enabled: fileId !== null,
    staleTime: Infinity,
    retry: false,
  });
  const named = (errors?.data ?? []).map(({ code, message, line }) => ({
    code,
    message,
    where: line === null ? 'the file' : `line ${line}`,
  }));
  const causes = causesOf(lines === undefined ? named : lines.flatMap(faultsIn));
  if (error !== null) return <Problem error={error} />;
  if (causes.length === 0)
    return batch.request_counts.failed > 0 && !hasEnded(batch) ? (
      <p className="soft">
        Why lines got no answer is told by cause when the batch has ended; until then see{' '}
        <Link to={`/jobs?batch=${batch.id}&state=failed`}>its failed jobs</Link>.
      </p>
    ) : null;
  const told = causes.reduce((sum, cause) => sum + cause.lines, 0);
  return (
    <section className="stack tight" aria-labelledby="causes">
      <h3 id="causes">Errors by cause</h3>
      <CauseTable causes={causes} />
      {told < batch.request_counts.failed && (
        <p className="soft small">
          Of the first {plural(told, 'error')} (at most {bytes(READ_BYTES)} of the file); the error file has
          all.
        </p>
      )}
    </section>
  );
}

function Cancel({ id }: { readonly id: string }) {
  const cancel = (): void => {
    cancelBatch(id).then(
      () => say('The batch will stop; what has ended is in its files.'),
      (error: unknown) => sayProblem(messageOf(error)),
    );
  };
  return (
    <Confirm
      title="Cancel this batch?"
      text="Its jobs that wait end at once, those that run within a step. What has ended comes into the output file."
      action="Cancel the batch"
      onConfirm={cancel}
      trigger={
        <button type="button" className="button danger">
          Cancel
        </button>
      }
    />
  );
}
