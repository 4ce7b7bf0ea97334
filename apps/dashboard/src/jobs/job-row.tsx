import { memo } from 'react';
import { Link } from 'react-router';
import type { JobView } from '@gistpool/contracts';
import { count } from '../format/numbers';
import { ago } from '../format/time';
import { StateBadge } from '../ui/state-badge';
import { WaitingCell } from './waiting-cell';

export const COLUMNS = [
  'Pick',
  'Job',
  'State',
  'Model',
  'Task, tenant',
  'Thoughts',
  'Predicted',
  'Peak',
  'Wait or run',
  'Submitted',
] as const;

interface JobRowProps {
  readonly job: JobView;
  readonly nowMs: number;
  readonly isPicked: boolean;
  readonly onPick: (id: string) => void;
}

export const JobRow = memo(function JobRow({ job, nowMs, isPicked, onPick }: JobRowProps) {
  const peak = job.usage?.peak_cells;
  return (
    <>
      <span role="cell" className="pick">
        <input
          type="checkbox"
          aria-label={`Pick ${job.id}`}
          checked={isPicked}
          onChange={() => onPick(job.id)}
        />
      </span>
      <span role="cell" className="name">
        <Link to={`/jobs/${job.id}`}>{job.custom_id ?? shortId(job.id)}</Link>
      </span>
      <span role="cell">
        <StateBadge state={job.state} />
      </span>
      <span role="cell" className="wide-only" title={job.model}>
        {job.model}
      </span>
      <span role="cell" className="wide-only" title={`${job.task ?? 'no task'}, ${job.tenant}`}>
        {job.task === undefined ? job.tenant : `${job.task}, ${job.tenant}`}
      </span>
      <span role="cell" className="right wide-only">
        {count(job.usage?.thoughts ?? job.thoughts ?? 0)}
      </span>
      <span role="cell" className="right wide-only">
        {job.predicted_peak_cells === undefined ? '–' : count(job.predicted_peak_cells)}
      </span>
      <span role="cell" className={`right wide-only ${isBroken(job) ? 'broken' : ''}`}>
        {peak === undefined ? '–' : count(peak)}
      </span>
      <span role="cell">
        <WaitingCell job={job} nowMs={nowMs} />
      </span>
      <span role="cell" className="right wide-only">
        {ago(job.created_at_ms, nowMs)}
      </span>
    </>
  );
});

/** It held more than was predicted. */
const isBroken = ({ usage }: JobView): boolean =>
  usage !== undefined && usage.peak_cells > usage.predicted_peak_cells;

/** The end of an id is chance; its begin is its time and tells jobs of one batch apart badly. */
const shortId = (id: string): string => (id.length <= 16 ? id : `${id.slice(0, 8)}…${id.slice(-6)}`);
