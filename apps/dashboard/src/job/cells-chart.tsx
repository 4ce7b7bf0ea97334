import { useMemo } from 'react';
import type { JobView, SlotView } from '@gistpool/contracts';
import { count, plural } from '../format/numbers';
import { Chart, type ChartLine } from '../ui/chart';
import { sawToothSeries } from './saw-tooth-series';
import type { Story } from './story';

interface CellsChartProps {
  readonly job: JobView;
  readonly story: Story;
  readonly slot: SlotView | undefined;
}

/** The saw-tooth of the whole job, against what the same text would hold uncompressed. */
export function CellsChart({ job, story, slot }: CellsChartProps) {
  const promptTokens = job.prompt_tokens ?? 0;
  const { thoughts } = story;
  const tailTokens = tailOf(job, story, slot);
  const { x, lines } = useMemo(() => {
    const series = sawToothSeries({ promptTokens, thoughts, tailTokens });
    const flat = (value: number) => series.tokens.map(() => value);
    const made: ChartLine[] = [
      { label: 'cells held', colour: '--accent', fill: '--accent-bg', values: series.cells },
      { label: 'without compression', colour: '--soft', dash: [2, 4], values: series.plain },
    ];
    if (job.predicted_peak_cells !== undefined)
      made.push({
        label: 'predicted peak',
        colour: '--warn',
        dash: [6, 4],
        values: flat(job.predicted_peak_cells),
      });
    return { x: series.tokens, lines: made };
  }, [promptTokens, thoughts, tailTokens, job.predicted_peak_cells]);
  const isForgotten = thoughts.length === 0 && (job.usage?.thoughts ?? 0) > 0;
  if (isForgotten)
    return <p className="soft">The curve is kept for a quarter of an hour after a job has ended.</p>;
  if (x.length < 2) return <p className="soft">The curve begins when the job is placed.</p>;
  const peak = Math.max(...(lines[0]?.values.map((value) => value ?? 0) ?? [0]));
  return (
    <Chart
      summary={`Cells held over ${plural(x.at(-1) ?? 0, 'sampled token')}: peak ${count(peak)}, ${plural(
        thoughts.length,
        'compression',
      )}`}
      x={x}
      xLabel="sampled tokens"
      lines={lines}
    />
  );
}

/** Sampled since the last compression. */
function tailOf(job: JobView, { thoughts, usage }: Story, slot: SlotView | undefined): number {
  const told = thoughts.reduce((sum, thought) => sum + (thought.tokens ?? 0), 0);
  const ended = usage ?? job.usage;
  if (ended !== undefined)
    return thoughts.length === 0 && ended.thoughts > 0 ? 0 : Math.max(0, ended.generated_tokens - told);
  if (slot === undefined) return 0;
  const floor = thoughts.at(-1)?.cellsAfter ?? job.prompt_tokens ?? 0;
  return Math.max(0, slot.live_cells - floor);
}
