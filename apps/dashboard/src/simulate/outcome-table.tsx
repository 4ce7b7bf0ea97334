import { count, percent, rate } from '../format/numbers';
import { duration } from '../format/time';
import type { WayOutcome } from './what-if';

const COLUMNS = [
  'Way',
  'Sessions a card',
  'Cells in use',
  'Tokens/s',
  'Overflowed',
  'Wait p50',
  'Wait p95',
  'All ended after',
] as const;

export function OutcomeTable({ outcomes }: { readonly outcomes: readonly WayOutcome[] }) {
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Figures of each way">
      <table className="table outcomes">
        <thead>
          <tr>
            {COLUMNS.map((name, at) => (
              <th key={name} scope="col" className={at === 0 ? '' : 'right'}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {outcomes.map(({ way, outcome, problem }) => (
            <tr key={way.id}>
              <th scope="row">
                <i className={`way-key ${way.id}`} aria-hidden="true" />
                {way.name}
              </th>
              {outcome === undefined ? (
                <td colSpan={COLUMNS.length - 1} className="soft">
                  Not possible: {problem}.
                </td>
              ) : (
                cellsOf(outcome.figures).map((text, at) => (
                  <td key={COLUMNS[at + 1]} className="right">
                    {text}
                  </td>
                ))
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const cellsOf = (figures: NonNullable<WayOutcome['outcome']>['figures']): string[] => [
  rate(figures.sessions_per_card),
  percent(figures.utilisation),
  count(figures.goodput_tokens_per_s),
  percent(figures.overflow_share, 1),
  duration(1000 * figures.wait_p50_s),
  duration(1000 * figures.wait_p95_s),
  figures.completed < figures.jobs
    ? `never: ${count(figures.jobs - figures.completed)} left`
    : duration(1000 * figures.makespan_s),
];
