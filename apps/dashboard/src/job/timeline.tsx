import type { JobView } from '@gistpool/contracts';
import { plural } from '../format/numbers';
import { duration, moment } from '../format/time';
import { StateBadge } from '../ui/state-badge';
import { useNow } from '../ui/use-now';
import type { StateStory, Story } from './story';

/** States with their cards: where it was placed, where it came back from, and how long each took. */
export function Timeline({ job, story }: { readonly job: JobView; readonly story: Story }) {
  const nowMs = useNow();
  const states = story.states.length > 0 ? story.states : statesOf(job);
  const checkpoint = story.thoughts.at(-1);
  return (
    <section className="panel stack tight" aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      <ol className="timeline">
        {states.map((one, at) => {
          const until =
            states[at + 1]?.atMs ??
            (at === states.length - 1 && job.finished_at_ms === undefined ? nowMs : undefined);
          return (
            <li key={`${one.atMs}-${at}`}>
              <StateBadge state={one.state} />
              <time dateTime={new Date(one.atMs).toISOString()} className="small">
                {moment(one.atMs, nowMs)}
              </time>
              <span className="soft small">
                {one.card !== undefined && `on ${one.card}`}
                {until !== undefined && ` for ${duration(until - one.atMs)}`}
              </span>
            </li>
          );
        })}
      </ol>
      {checkpoint !== undefined && (
        <p className="soft small">
          {plural(story.thoughts.length, 'checkpoint')}, one at the end of each thought; the last at{' '}
          {moment(checkpoint.atMs, nowMs)}. A lost worker costs what came after it.
        </p>
      )}
    </section>
  );
}

/** What the record alone still knows, once the events are forgotten. */
function statesOf(job: JobView): readonly StateStory[] {
  const card = job.card === undefined ? {} : { card: job.card };
  return [
    { state: 'waiting', atMs: job.created_at_ms },
    ...(job.placed_at_ms === undefined
      ? []
      : [{ state: 'placed' as const, atMs: job.placed_at_ms, ...card }]),
    ...(job.finished_at_ms === undefined ? [] : [{ state: job.state, atMs: job.finished_at_ms }]),
  ];
}
