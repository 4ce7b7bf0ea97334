import { bin } from 'd3-array';
import type { Usage } from '@gistpool/contracts';
import { mean, percent } from '../../view/format';
import { escaped, short } from './html';
import { path, plot, px, type Frame } from './plot';
import { dashed, type Series } from './series';

export interface Measure {
  readonly title: string;
  readonly label: string;
  readonly of: (usage: Usage) => number;
}

const SIZE = { width: 480, height: 280 };
const BINS = 24;
/** Wider spreads are drawn on a logarithmic axis. */
const LOG_FROM_RATIO = 30;

interface Values {
  readonly series: Series;
  readonly values: readonly number[];
}

/** How a figure is spread over the items: an outline per run, its mean dotted; many runs in rows below each other. */
export function distributionPlot(series: readonly Series[], measure: Measure): string {
  const all = series.map((one): Values => ({
    series: one,
    values: one.run.items.flatMap(({ usages }) =>
      usages.length === 0 ? [] : [mean(usages.map(measure.of))],
    ),
  }));
  const drawn = all.filter(({ values }) => values.length > 0 && !isConstant(values));
  const constant = all.filter(({ values }) => values.length > 0 && isConstant(values));
  const notes = constant.map(
    ({ series: one, values }) => `${one.run.label}: ${short(Number(mean(values).toFixed(2)))} for every item`,
  );
  const caption = notes.length === 0 ? '' : `<figcaption>${escaped(notes.join('; '))}</figcaption>`;
  const body = drawn.length === 0 ? '' : outlines(drawn, measure);
  return `<figure><b>${escaped(measure.title)}</b>${body}${caption}</figure>`;
}

/** A column of its own would hide the others: plain decoding compresses nothing. */
const isConstant = (values: readonly number[]): boolean =>
  Math.max(...values) - Math.min(...values) <= 0.05 * Math.abs(Math.max(...values));

/** Up to so many outlines are told apart in one frame; more stand in rows. */
const OVERLAID_RUNS = 2;
const ROW_PX = 62;
const NAME_PX = 18;

function outlines(drawn: readonly Values[], { title, label }: Measure): string {
  const values = drawn.flatMap((one) => one.values);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const isLog = least > 0 && most / least > LOG_FROM_RATIO;
  const edges = Array.from({ length: BINS + 1 }, (_, at) =>
    isLog ? least * (most / least) ** (at / BINS) : least + ((most - least) * at) / BINS,
  );
  const binned = bin().domain([least, most]).thresholds(edges.slice(1, -1));
  const shares = drawn.map((one) => binned([...one.values]).map((of) => of.length / one.values.length));
  const highest = Math.max(...shares.flat());
  const xAxis = { label: isLog ? `${label} (logarithmic)` : label, from: least, to: most, isLog };
  if (drawn.length > OVERLAID_RUNS) {
    const size = { width: SIZE.width, height: ROW_PX * drawn.length + 76 };
    return plot(title, size, xAxis, undefined, (frame) =>
      drawn.map((one, at) => row(frame, one, edges, shares[at] ?? [], highest, at)).join('\n'),
    );
  }
  return plot(
    title,
    SIZE,
    xAxis,
    {
      label: 'share of items',
      from: 0,
      to: highest * 1.05,
      format: (value) => `${Math.round(value * 100)} %`,
    },
    (frame) => drawn.map((one, at) => outline(frame, one, edges, shares[at] ?? [], frame.y)).join('\n'),
  );
}

/** One run's spread on a floor of its own, with its name. */
function row(
  frame: Frame,
  one: Values,
  edges: readonly number[],
  shares: readonly number[],
  highest: number,
  at: number,
): string {
  const name = frame.top - 12 + at * ROW_PX;
  const [top, bottom] = [name + 4, name + ROW_PX - NAME_PX];
  const y = (share: number) => bottom - (share / highest) * (bottom - top);
  return (
    `<line class="grid" x1="${frame.left}" x2="${frame.right}" y1="${bottom}" y2="${bottom}"/>` +
    outline({ ...frame, top, bottom }, one, edges, shares, y) +
    `<text class="name" x="${frame.left}" y="${name}">${escaped(one.series.run.label)}</text>`
  );
}

function outline(
  { x, top, bottom }: Frame,
  { series, values }: Values,
  edges: readonly number[],
  shares: readonly number[],
  y: (share: number) => number,
): string {
  const steps = shares.flatMap((share, at): [number, number][] => [
    [x(edges[at] ?? 0), y(share)],
    [x(edges[at + 1] ?? 0), y(share)],
  ]);
  const [first, last] = [edges[0] ?? 0, edges.at(-1) ?? 0];
  const closed = path([[x(first), bottom], ...steps, [x(last), bottom]]);
  const average = mean(values);
  return (
    `<g ${series.color}><path class="area" d="${closed}Z"/><path class="stroke" d="${closed}"${dashed(series)}>` +
    `<title>${escaped(`${series.run.label}: at most ${percent(Math.max(...shares))} in one column`)}</title></path>` +
    `<line class="mean" x1="${px(x(average))}" x2="${px(x(average))}" y1="${top}" y2="${bottom}"><title>${escaped(`${series.run.label}: mean ${short(average)}`)}</title></line></g>`
  );
}
