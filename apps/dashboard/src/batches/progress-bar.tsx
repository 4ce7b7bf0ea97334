import { count, plural } from '../format/numbers';
import type { Progress } from './progress';

export function ProgressBar({ progress, name }: { readonly progress: Progress; readonly name: string }) {
  const { total, ended, parts } = progress;
  return (
    <div
      className="progress"
      role="progressbar"
      aria-label={`Progress of ${name}`}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={ended}
      aria-valuetext={`${count(ended)} of ${plural(total, 'job')} ended`}
    >
      {parts.map(({ state, share, jobs }) => (
        <span
          key={state}
          className={state}
          style={{ width: `${share * 100}%` }}
          title={`${count(jobs)} ${state}`}
        />
      ))}
    </div>
  );
}
