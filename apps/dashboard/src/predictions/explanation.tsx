import type { PredictionExplanation } from '@gistpool/contracts';
import { count, percent, plural, rate } from '../format/numbers';
import { duration } from '../format/time';
import { Figures } from '../ui/figures';

export function Explanation({ told }: { readonly told: PredictionExplanation }) {
  const scale = Math.max(1, told.upper_bound_cells);
  const width = (cells: number) => `${Math.min(100, (100 * cells) / scale)}%`;
  return (
    <div className="stack tight" role="status">
      <h3>
        {plural(told.predicted_peak_cells, 'cell')} predicted, with a chance of {percent(told.eps, 1)} to hold
        more
      </h3>
      <div className="explained" aria-hidden="true">
        <span style={{ width: width(told.predicted_peak_cells) }} />
        <i style={{ left: width(told.typical_peak_cells) }} />
      </div>
      <p>{told.because}</p>
      <Figures
        isPlain
        figures={[
          ['half of such jobs hold more than', plural(told.typical_peak_cells, 'cell')],
          ['never more than', plural(told.upper_bound_cells, 'cell')],
          ['prompt', plural(told.prompt_tokens, 'token')],
          ['thoughts', `${rate(told.thoughts.mean)} of ${rate(told.thoughts.mean_tokens)} tokens`],
          ['runs', told.run.typical_ms === null ? 'not known yet' : duration(told.run.typical_ms)],
          ['one in twenty longer than', told.run.long_ms === null ? '–' : duration(told.run.long_ms)],
        ]}
      />
      <table className="table">
        <caption className="visually-hidden">
          Whom it is judged by, from the general to the particular
        </caption>
        <thead>
          <tr>
            <th>Judged by</th>
            <th className="right">Sessions</th>
            <th className="right">Would predict</th>
          </tr>
        </thead>
        <tbody>
          {told.groups.map((group) => (
            <tr key={group.name}>
              <td>{group.name}</td>
              <td className="right">{rate(group.ended_sessions)}</td>
              <td className="right">
                {group.predicted_peak_cells === null ? '–' : count(group.predicted_peak_cells)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {told.borrowed !== null && (
        <p className="soft small">
          {percent(told.borrowed.share)} of the judgement is borrowed, from {told.borrowed.from} first.
        </p>
      )}
    </div>
  );
}
