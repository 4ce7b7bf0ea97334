import { useMutation } from '@tanstack/react-query';
import type { PredictionsView } from '@gistpool/contracts';
import '../style/predictions.css';
import { useFinished } from '../api/finished';
import { explain, usePredictions } from '../api/predictions';
import { count, percent, rate } from '../format/numbers';
import { ago } from '../format/time';
import { RequestForm } from '../jobs/request-form';
import { Empty } from '../ui/empty';
import { Figures } from '../ui/figures';
import { Problem } from '../ui/problem';
import { useNow } from '../ui/use-now';
import { useTitle } from '../ui/use-title';
import { Explanation } from './explanation';
import { GroupTable } from './group-table';
import { MarginPanel } from './margin-panel';
import { keptShare, peakPoints } from './points';
import { Scatter } from './scatter';

export function PredictionsPage() {
  useTitle('Predictions');
  const { data, error } = usePredictions();
  return (
    <div className="stack">
      <h1>Predictions</h1>
      <Problem error={error} />
      {data !== undefined && <Promises view={data} />}
      {data !== undefined && data.margins.length > 0 && <MarginPanel margins={data.margins} />}
      <div className="columns">
        <PeaksPanel />
        <ExplainPanel />
      </div>
      {data !== undefined && data.groups.length > 0 && (
        <section className="panel stack tight" aria-labelledby="groups">
          <h2 id="groups">Groups</h2>
          <GroupTable groups={data.groups} eps={data.eps} />
        </section>
      )}
    </div>
  );
}

function Promises({ view }: { readonly view: PredictionsView }) {
  const nowMs = useNow(5_000);
  const promises = view.groups.reduce((sum, group) => sum + group.coverage.promises, 0);
  const missed = view.groups.reduce((sum, group) => sum + group.coverage.missed, 0);
  const kept = keptShare({ promises, missed });
  if (view.published_at_ms === null) {
    return (
      <p className="notice">
        Nothing was learnt yet: a scheduler publishes a few seconds after the first jobs end. Until then every
        prediction is the most that a job can ever hold.
      </p>
    );
  }
  return (
    <Figures
      figures={[
        ['promised to keep', percent(1 - view.eps, 1)],
        ['kept', kept === null ? '–' : percent(kept, 2)],
        ['promises', rate(promises)],
        ['missed', rate(missed)],
        ['groups', count(view.groups.length)],
        ['published', ago(view.published_at_ms, nowMs)],
      ]}
    />
  );
}

function PeaksPanel() {
  const { data } = useFinished('completed');
  const points = peakPoints(data?.data ?? []);
  return (
    <section className="panel stack tight" aria-labelledby="peaks">
      <h2 id="peaks">Predicted against actual</h2>
      {data === undefined ? (
        <p className="soft">Loading…</p>
      ) : points.length === 0 ? (
        <Empty title="No job has completed yet" />
      ) : (
        <>
          <p className="soft small">
            Peaks of the last {count(points.length)} completed jobs. On the diagonal nothing is set aside in
            vain; above it a promise was broken.
          </p>
          <Scatter points={points} />
        </>
      )}
    </section>
  );
}

function ExplainPanel() {
  const { mutate, data, error, isPending } = useMutation({ mutationFn: explain });
  return (
    <section className="panel stack tight" aria-labelledby="explain">
      <h2 id="explain">What would a job be predicted?</h2>
      <p className="soft small">The job is neither stored nor run.</p>
      <RequestForm action="Explain" isBusy={isPending} error={error} onSend={(request) => mutate(request)} />
      {data !== undefined && <Explanation told={data} />}
    </section>
  );
}
