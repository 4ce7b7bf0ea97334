import { Link, useParams } from 'react-router';
import '../style/batches.css';
import { useCounts } from '../api/jobs';
import { count } from '../format/numbers';
import { ago } from '../format/time';
import { May } from '../session/may';
import { Empty } from '../ui/empty';
import { useNow } from '../ui/use-now';
import { useTitle } from '../ui/use-title';
import { BatchPanel } from './batch-panel';
import { useKnownBatches, type KnownBatch } from './known-batches';
import { progressOf } from './progress';
import { ProgressBar } from './progress-bar';
import { UploadPanel } from './upload-panel';

export function BatchesPage() {
  const { id } = useParams();
  useTitle(id ?? 'Batches');
  return (
    <div className="stack">
      <h1>{id === undefined ? 'Batches' : 'Batch'}</h1>
      {id === undefined ? (
        <May scope="submit">
          <UploadPanel />
        </May>
      ) : (
        <BatchPanel id={id} />
      )}
      <KnownBatches />
    </div>
  );
}

function KnownBatches() {
  const batches = useKnownBatches();
  const nowMs = useNow(5_000);
  return (
    <section className="stack tight" aria-labelledby="known">
      <h2 id="known">Sent from this browser</h2>
      {batches.length === 0 ? (
        <Empty title="None yet">
          <p>
            Batches that others sent are found by their id: <code>/batches/batch_…</code>, or as a filter of{' '}
            <Link to="/jobs">Jobs</Link>.
          </p>
        </Empty>
      ) : (
        <ul className="known">
          {batches.map((batch) => (
            <Known key={batch.id} batch={batch} nowMs={nowMs} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Known({ batch, nowMs }: { readonly batch: KnownBatch; readonly nowMs: number }) {
  const { data } = useCounts({ batch: batch.id });
  const progress = data === undefined ? undefined : progressOf(data.states);
  return (
    <li className="panel stack tight">
      <div className="row apart">
        <Link to={`/batches/${batch.id}`}>{batch.name}</Link>
        <span className="soft small number">
          {progress === undefined ? '…' : `${count(progress.ended)} of ${count(progress.total)} ended`}
          {batch.rejected > 0 && `, ${count(batch.rejected)} refused`}, sent {ago(batch.sentAtMs, nowMs)}
        </span>
      </div>
      {progress !== undefined && <ProgressBar progress={progress} name={batch.name} />}
    </li>
  );
}
