import 'uplot/dist/uPlot.min.css';
import '../style/chart.css';
import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import { useColours } from '../layout/theme';

export interface ChartLine {
  readonly label: string;
  /** A custom property of the style, e.g. `--accent`. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
  readonly fill?: string;
  readonly dash?: readonly number[];
}

interface ChartProps {
  /** What it shows, in a sentence with its figures: all that a screen reader gets. */
  readonly summary: string;
  readonly x: readonly number[];
  readonly xIsTime?: boolean;
  readonly xLabel?: string;
  readonly lines: readonly ChartLine[];
  readonly heightPx?: number;
}

/** Lines over one axis, from 0 up. */
export function Chart({ summary, x, xIsTime = false, xLabel, lines, heightPx = 220 }: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(null);
  const colours = useColours();
  // Data change with every tick; anything else builds the chart anew.
  const shape = JSON.stringify([
    colours,
    xIsTime,
    xLabel,
    heightPx,
    lines.map(({ values: _, ...line }) => line),
  ]);
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    plot.current = new UPlot(
      optionsOf(element, { xIsTime, heightPx, lines, ...(xLabel === undefined ? {} : { xLabel }) }),
      dataOf(x, lines),
      element,
    );
    const resize = new ResizeObserver(() => {
      plot.current?.setSize({ width: element.clientWidth, height: heightPx });
    });
    resize.observe(element);
    return () => {
      resize.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `shape` stands for all but the data
  }, [shape]);
  useEffect(() => {
    plot.current?.setData(dataOf(x, lines));
  }, [x, lines]);
  return <div ref={host} className="chart" role="img" aria-label={summary} />;
}

const dataOf = (x: readonly number[], lines: readonly ChartLine[]): UPlot.AlignedData =>
  [x, ...lines.map((line) => line.values)] as UPlot.AlignedData;

interface Look extends Pick<ChartProps, 'xLabel' | 'lines'> {
  readonly xIsTime: boolean;
  readonly heightPx: number;
}

function optionsOf(element: HTMLElement, { xIsTime, xLabel, heightPx, lines }: Look): UPlot.Options {
  const colour = (name: string) => resolved(element, name);
  const axis = {
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
    font: '12px system-ui, sans-serif',
  };
  return {
    width: element.clientWidth,
    height: heightPx,
    scales: { x: { time: xIsTime }, y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.08)] } },
    axes: [
      { ...axis, ...(xLabel === undefined ? {} : { label: xLabel, labelSize: 20, labelFont: axis.font }) },
      { ...axis, size: 56, values: (_plot, ticks) => ticks.map((tick) => tick.toLocaleString('en-US')) },
    ],
    cursor: { drag: { x: false, y: false }, points: { show: lines.length < 6 } },
    legend: { live: true },
    series: [
      xIsTime ? {} : { label: xLabel ?? 'x' },
      ...lines.map((line) => ({
        label: line.label,
        stroke: colour(line.colour),
        width: 1.6,
        points: { show: false },
        spanGaps: false,
        ...(line.fill === undefined ? {} : { fill: colour(line.fill) }),
        ...(line.dash === undefined ? {} : { dash: [...line.dash] }),
      })),
    ],
  };
}

/** A canvas knows no custom properties: what one means here and now. */
function resolved(element: HTMLElement, property: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
