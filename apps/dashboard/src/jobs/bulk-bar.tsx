import { useRef, useState } from 'react';
import { cancelJob, fetchJobs, type JobQuery } from '../api/jobs';
import { messageOf } from '../api/client';
import { plural } from '../format/numbers';
import { Confirm } from '../ui/confirm';
import { say, sayProblem } from '../ui/toasts';
import { cancelMany, type CancelProgress } from './cancel-many';
import { openJobs } from './open-jobs';

interface BulkBarProps {
  readonly filter: JobQuery;
  readonly picked: ReadonlySet<string>;
  readonly onDone: () => void;
}

/** Cancels what is picked, or everything that the filter leaves and that has not ended. */
export function BulkBar({ filter, picked, onDone }: BulkBarProps) {
  const [progress, setProgress] = useState<CancelProgress | null>(null);
  const stop = useRef<AbortController>(null);
  const isFiltered = Object.keys(filter).length > 0;
  const cancel = async (ids: Iterable<string> | AsyncIterable<string>): Promise<void> => {
    stop.current = new AbortController();
    setProgress({ asked: 0, ended: 0, problems: [] });
    try {
      const { ended, problems } = await cancelMany(ids, cancelJob, stop.current.signal, setProgress);
      say(`${plural(ended, 'job')} cancelled.`);
      if (problems[0] !== undefined)
        sayProblem(`${plural(problems.length, 'job')} could not be: ${problems[0]}`);
    } catch (error) {
      sayProblem(messageOf(error));
    } finally {
      setProgress(null);
      onDone();
    }
  };
  if (progress !== null) {
    return (
      <div className="row" role="status">
        <span>Cancelling: {plural(progress.asked, 'job')} asked</span>
        <button type="button" className="button" onClick={() => stop.current?.abort()}>
          Stop
        </button>
      </div>
    );
  }
  return (
    <div className="row">
      {picked.size > 0 && (
        <Confirm
          title={`Cancel ${plural(picked.size, 'picked job')}?`}
          text="Those that wait end at once, those that run within a step. Jobs that have ended stay as they are."
          action="Cancel them"
          onConfirm={() => void cancel(picked)}
          trigger={
            <button type="button" className="button danger">
              Cancel {plural(picked.size, 'picked job')}
            </button>
          }
        />
      )}
      <Confirm
        title={isFiltered ? 'Cancel every open job of this filter?' : 'Cancel every open job of the pool?'}
        text="Also those that are not on the screen, waiting or running. This cannot be taken back."
        action="Cancel them all"
        onConfirm={() => void cancel(openJobs(filter, fetchJobs))}
        trigger={
          <button type="button" className="button danger">
            {isFiltered ? 'Cancel all filtered' : 'Cancel all'}
          </button>
        }
      />
    </div>
  );
}
