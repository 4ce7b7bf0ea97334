import { Link } from 'react-router';
import { hasEnded, useFileBatches, type SeenBatch } from '../api/openai-batches';
import { count } from '../format/numbers';
import { ago } from '../format/time';
import { Empty } from '../ui/empty';
import { Problem } from '../ui/problem';
import { useNow } from '../ui/use-now';
import { BatchBadge } from './batch-badge';
import { fileProgress } from './file-progress';
import { PaceText } from './pace-text';
import { ProgressBar } from './progress-bar';

export function FileBatchList() {
  const { data, error } = useFileBatches();
  const nowMs = useNow(5_000);
  return (
    <section className="stack tight" aria-labelledby="file-batches">
      <h2 id="file-batches">From files, as OpenAI has them</h2>
      <Problem error={error} />
      {data?.batches.length === 0 && (
        <Empty title="None yet">
          <p>
            Drop a file in OpenAI&apos;s batch format above, or use any OpenAI client:{' '}
            <code>files.create</code>, then <code>batches.create</code>.
          </p>
        </Empty>
      )}
      <ul className="known">
        {data?.batches.map((seen) => (
          <FileBatch key={seen.batch.id} seen={seen} nowMs={nowMs} />
        ))}
      </ul>
      {data?.hasMore && <p className="soft small">The newest {count(data.batches.length)} are shown.</p>}
    </section>
  );
}

function FileBatch({
  seen: { batch, samples },
  nowMs,
}: {
  readonly seen: SeenBatch;
  readonly nowMs: number;
}) {
  const progress = fileProgress(batch);
  const { failed } = batch.request_counts;
  return (
    <li className="panel stack tight">
      <div className="row apart">
        <span className="row">
          <Link to={`/batches/${batch.id}`} className="mono job-name">
            {batch.id}
          </Link>
          <BatchBadge status={batch.status} />
        </span>
        <span className="soft small number">
          {count(progress.ended)} of {count(progress.total)} ended
          {failed > 0 && `, ${count(failed)} without an answer`}
          {!hasEnded(batch) && progress.total > 0 && samples.length > 2 && (
            <>
              , <PaceText samples={samples} total={progress.total} />
            </>
          )}
          , made {ago(1000 * batch.created_at, nowMs)}
        </span>
      </div>
      {progress.total > 0 && <ProgressBar progress={progress} name={batch.id} />}
    </li>
  );
}
