import { useMemo } from 'react';
import { percent } from '../format/numbers';
import { duration } from '../format/time';
import { Chart } from '../ui/chart';
import { courseOf, type Served } from './compare';
import type { WayId } from './question';

export const COLOURS: Readonly<Record<WayId, string>> = {
  gistpool: '--session-1',
  'known-peak': '--session-2',
  'reserve-max': '--session-3',
  vanilla: '--session-4',
  'vanilla-slots': '--session-5',
  promotion: '--session-6',
  'past-future': '--soft',
  oracle: '--text',
};

export function OutcomeCharts({ served }: { readonly served: readonly Served[] }) {
  const course = useMemo(() => courseOf(served), [served]);
  const lines = (values: readonly (readonly (number | null)[])[]) =>
    served.map(({ way }, at) => ({
      label: way.name,
      colour: COLOURS[way.id],
      values: values[at] ?? [],
      ...(way.id === 'gistpool' ? {} : { dash: [6, 3] }),
    }));
  const told = (of: (one: Served) => string) => served.map((one) => `${one.way.name} ${of(one)}`).join('; ');
  return (
    <div className="columns">
      <section className="panel stack tight" aria-labelledby="cells-in-use">
        <h2 id="cells-in-use">Cells in use, per cent</h2>
        <Chart
          summary={`Cells in use over time, until no job waited: ${told(({ outcome }) => percent(outcome.figures.utilisation))}`}
          x={course.x}
          xLabel="seconds"
          lines={lines(course.cells)}
        />
      </section>
      <section className="panel stack tight" aria-labelledby="jobs-waiting">
        <h2 id="jobs-waiting">Jobs waiting</h2>
        <Chart
          summary={`Jobs waiting over time; half of them waited longer than: ${told(({ outcome }) => duration(1000 * outcome.figures.wait_p50_s))}`}
          x={course.x}
          xLabel="seconds"
          lines={lines(course.waiting)}
        />
      </section>
    </div>
  );
}
