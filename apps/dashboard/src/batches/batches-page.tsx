import { Link, useParams } from 'react-router';
import '../style/batches.css';
import { count } from '../format/numbers';
import { ago } from '../format/time';
import { May } from '../session/may';
import { Empty } from '../ui/empty';
import { useNow } from '../ui/use-now';
import { useTitle } from '../ui/use-title';
import { useFileBatch } from '../api/openai-batches';
import { Problem } from '../ui/problem';
import { BatchPanel } from './batch-panel';
import { FileBatchList } from './file-batch-list';
import { FileBatchPanel } from './file-batch-panel';
import { PaceText } from './pace-text';
import { useBatchCounts, useRecentBatches } from './sent-batches';
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
        <OneBatch id={id} />
      )}
      {id === undefined && (
        <div className="columns batch-lists">
          <FileBatchList />
          <KnownBatches />
        </div>
      )}
    </div>
  );
}

/** From a file, or sent as lines: the address does not tell. */
function OneBatch({ id }: { readonly id: string }) {
  const { data, error } = useFileBatch(id);
  if (data === undefined)
    return error === null ? <p className="soft">Loading…</p> : <Problem error={error} />;
  return data === null ? <BatchPanel id={id} /> : <FileBatchPanel seen={data} />;
}

function KnownBatches() {
  const sent = useKnownBatches();
  const found = useRecentBatches(sent.map(({ id }) => id)).data ?? [];
  const batches = [...sent, ...found];
  const nowMs = useNow(5_000);
  return (
    <section className="stack tight" aria-labelledby="known">
      <h2 id="known">Sent as lines of jobs</h2>
      {batches.length === 0 ? (
        <Empty title="None yet">
          <p>
            Those sent from this browser are here, and those of the newest jobs of all. Others are found by
            their id: <code>/batches/batch_…</code>, or as a filter of <Link to="/jobs">Jobs</Link>.
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
  const { data } = useBatchCounts(batch.id);
  const progress = data === undefined ? undefined : progressOf(data.counts.states);
  return (
    <li className="panel stack tight">
      <div className="row apart">
        <Link to={`/batches/${batch.id}`} className="job-name">
          {batch.name}
        </Link>
        <span className="soft small number">
          {progress === undefined ? '…' : `${count(progress.ended)} of ${count(progress.total)} ended`}
          {data !== undefined && progress !== undefined && progress.ended < progress.total && (
            <>
              , <PaceText samples={data.samples} total={progress.total} />
            </>
          )}
          {batch.rejected > 0 && `, ${count(batch.rejected)} refused`}, sent {ago(batch.sentAtMs, nowMs)}
        </span>
      </div>
      {progress !== undefined && <ProgressBar progress={progress} name={batch.name} />}
    </li>
  );
}
