import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import type { JobView } from '@gistpool/contracts';
import '../style/job.css';
import { Refused } from '../api/client';
import { useFleet } from '../api/fleet';
import { fetchJob } from '../api/jobs';
import { slotsOf } from '../fleet/memory';
import { isOpen } from '../jobs/states';
import { May } from '../session/may';
import { Empty } from '../ui/empty';
import { Figures } from '../ui/figures';
import { Problem } from '../ui/problem';
import { StateBadge } from '../ui/state-badge';
import { useTitle } from '../ui/use-title';
import { CellsChart } from './cells-chart';
import { DeliveriesPanel } from './deliveries-panel';
import { LogPanel } from './log-panel';
import { OrderButtons } from './order-buttons';
import { PlacementPanel } from './placement-panel';
import { RequestPanel } from './request-panel';
import { ThoughtsPanel } from './thoughts-panel';
import { Timeline } from './timeline';
import { UsagePanel } from './usage-panel';
import { useStory } from './use-story';

export function JobPage() {
  const { id = '' } = useParams();
  useTitle(id);
  const [lives, setLives] = useState(1);
  const { data: job, error } = useQuery({
    queryKey: ['job', id],
    queryFn: ({ signal }) => fetchJob(id, signal),
    refetchInterval: ({ state }) => (state.data === undefined || isOpen(state.data.state) ? 1_000 : false),
  });
  if (error instanceof Refused && error.code === 'job_not_found') {
    return (
      <Empty title="There is no such job">
        <p>
          <span className="mono">{id}</span> was never submitted here, or is forgotten: finished jobs are kept
          in a number that the pool was told.
        </p>
        <Link to="/jobs">To the jobs</Link>
      </Empty>
    );
  }
  if (job === undefined) {
    return (
      <div className="stack">
        <h1>Job</h1>
        <Problem error={error} />
        {error === null && <p className="soft">Loading…</p>}
      </div>
    );
  }
  return <Job key={`${id} ${lives}`} job={job} onRetried={() => setLives(lives + 1)} />;
}

function Job({ job, onRetried }: { readonly job: JobView; readonly onRetried: () => void }) {
  const story = useStory(job.id);
  const fleet = useFleet().data;
  const slot = fleet?.cards.flatMap(slotsOf).find((one) => one.job === job.id);
  const failure = job.error ?? story.error;
  const usage = job.usage ?? story.usage;
  return (
    <div className="stack">
      <div className="row apart">
        <div className="row">
          <h1 className="job-name">{job.custom_id ?? job.id}</h1>
          <StateBadge state={job.state} />
        </div>
        <May scope="submit">
          <OrderButtons job={job} onRetried={onRetried} />
        </May>
      </div>
      <Facts job={job} />
      {failure !== undefined && (
        <p className="notice bad" role="alert">
          <strong>{failure.code}</strong> {failure.message}
        </p>
      )}
      <section className="panel stack tight" aria-labelledby="cells">
        <h2 id="cells">Cells</h2>
        <CellsChart job={job} story={story} slot={slot} />
      </section>
      <div className="job-columns">
        <ThoughtsPanel job={job} story={story} />
        <div className="stack">
          <PlacementPanel job={job} />
          <Timeline job={job} story={story} />
          {usage !== undefined && <UsagePanel usage={usage} />}
          <DeliveriesPanel job={job} />
          <LogPanel job={job} />
          <RequestPanel id={job.id} />
        </div>
      </div>
    </div>
  );
}

const at = (ms: number): string => new Date(ms).toLocaleString();

function Facts({ job }: { readonly job: JobView }) {
  const link = (field: 'batch' | 'task' | 'tenant' | 'model', value: string) => (
    <Link to={field === 'batch' ? `/batches/${value}` : `/jobs?${field}=${encodeURIComponent(value)}`}>
      {value}
    </Link>
  );
  const metadata = Object.entries(job.metadata);
  return (
    <Figures
      isPlain
      figures={[
        ...(job.custom_id === undefined ? [] : ([['id', <span className="mono">{job.id}</span>]] as const)),
        ['model', link('model', job.model)],
        ['tenant', link('tenant', job.tenant)],
        ...(job.task === undefined ? [] : ([['task', link('task', job.task)]] as const)),
        ...(job.batch === undefined ? [] : ([['batch', link('batch', job.batch)]] as const)),
        ['priority', job.priority],
        ...(job.tags.length === 0 ? [] : ([['tags', job.tags.join(', ')]] as const)),
        ...(job.not_before_ms === undefined ? [] : ([['not before', at(job.not_before_ms)]] as const)),
        ...(job.deadline_ms === undefined ? [] : ([['deadline', at(job.deadline_ms)]] as const)),
        ...(job.retries === 0 ? [] : ([['retries', `${job.failed_attempts} of ${job.retries}`]] as const)),
        [
          'limits',
          `${job.limits.max_tokens} tokens, ${job.limits.max_thoughts} thoughts of ${job.limits.max_thought_tokens}`,
        ],
        ...metadata.map(([key, value]) => [key, value] as const),
      ]}
    />
  );
}
