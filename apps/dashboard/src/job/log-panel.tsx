import { useQuery } from '@tanstack/react-query';
import type { JobLog, JobView } from '@gistpool/contracts';
import { logOf } from '../api/jobs';
import { plural } from '../format/numbers';
import { moment } from '../format/time';
import { isOpen } from '../jobs/states';
import { useNow } from '../ui/use-now';

type Entry = JobLog['data'][number];

const WORDS: Readonly<Record<Entry['kind'], string>> = {
  submitted: 'submitted',
  due: 'its time has come',
  placed: 'placed',
  started: 'started',
  resumed: 'goes on from its checkpoint',
  checkpoint: 'checkpoint',
  moved: 'moved',
  parked: 'parked',
  answering: 'answers',
  handed_back: 'handed back',
  lost: 'lost with its worker',
  put_off: 'failed, to be tried again',
  paused: 'paused',
  unpaused: 'resumed by order',
  retried: 'retried by order',
  ended: 'ended',
};

/** What has happened to it, as the pool noted it; kept longer than its events. */
export function LogPanel({ job }: { readonly job: JobView }) {
  const nowMs = useNow();
  const { data } = useQuery({ ...logOf(job.id), refetchInterval: isOpen(job.state) ? 2_000 : false });
  if (data === undefined) return null;
  return (
    <details className="panel">
      <summary>
        <h2 className="inline">Log</h2> <span className="soft small">{plural(data.data.length, 'line')}</span>
      </summary>
      {data.dropped > 0 && <p className="soft small">{plural(data.dropped, 'older line')} dropped</p>}
      <ol className="log small" tabIndex={0} aria-label="Log">
        {data.data.map((entry, at) => (
          <li key={`${entry.at_ms}-${at}`}>
            <time dateTime={new Date(entry.at_ms).toISOString()}>{moment(entry.at_ms, nowMs)}</time>{' '}
            <strong>{WORDS[entry.kind]}</strong> {entry.card !== null && `on ${entry.card}`}{' '}
            <span className="soft">{entry.detail}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}
