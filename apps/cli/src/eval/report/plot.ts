import { scaleLinear, scaleLog } from 'd3-scale';
import { escaped, short } from './html';

/** Of the drawing, in its own units; the page scales it to its width. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Axis {
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly isLog?: boolean;
  /** Of a tick; `short` if left out. */
  readonly format?: (value: number) => string;
}

export interface Frame extends Size {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const MARGIN = { left: 52, right: 16, top: 30, bottom: 46 };
const TICKS = 5;

function scaleOf({ from, to, isLog }: Axis, range: readonly [number, number]) {
  const scale = isLog ? scaleLog() : scaleLinear();
  return scale.domain([from, to === from ? from + 1 : to]).range(range);
}

/** An SVG with a grid, ticks and the names of its axes; `draw` fills it. Without a y axis that is left to `draw`. Its title is for those who hear it. */
export function plot(
  title: string,
  size: Size,
  xAxis: Axis,
  yAxis: Axis | undefined,
  draw: (frame: Frame) => string,
  isWide = false,
): string {
  const [left, right] = [yAxis === undefined ? MARGIN.right : MARGIN.left, size.width - MARGIN.right];
  const [top, bottom] = [MARGIN.top, size.height - MARGIN.bottom];
  const x = scaleOf(xAxis, [left, right]);
  const y = scaleOf(yAxis ?? { label: '', from: 0, to: 1 }, [bottom, top]);
  const xTicks = ticksOf(x.ticks(TICKS), xAxis).map(
    (value) =>
      `<line class="grid" x1="${px(x(value))}" x2="${px(x(value))}" y1="${bottom}" y2="${bottom + 5}"/>` +
      `<text x="${px(x(value))}" y="${bottom + 20}" text-anchor="middle">${escaped((xAxis.format ?? short)(value))}</text>`,
  );
  const yTicks = (yAxis === undefined ? [] : ticksOf(y.ticks(TICKS), yAxis)).map(
    (value) =>
      `<line class="grid" x1="${left}" x2="${right}" y1="${px(y(value))}" y2="${px(y(value))}"/>` +
      `<text x="${left - 8}" y="${px(y(value) + 5)}" text-anchor="end">${escaped((yAxis?.format ?? short)(value))}</text>`,
  );
  return [
    `<svg class="plot${isWide ? ' wide' : ''}" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escaped(title)}">`,
    ...yTicks,
    ...xTicks,
    `<text x="8" y="16">${escaped(yAxis?.label ?? '')}</text>`,
    `<text x="${right}" y="${size.height - 4}" text-anchor="end">${escaped(xAxis.label)}</text>`,
    draw({ ...size, x, y, left, right, top, bottom }),
    '</svg>',
  ].join('\n');
}

/** A logarithmic scale names far too many: of those only 1, 2 and 5 times powers of ten, or the powers alone. */
function ticksOf(ticks: readonly number[], { isLog }: Axis): readonly number[] {
  if (!isLog) return ticks;
  const leading = (value: number) => Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));
  const some = ticks.filter((value) => [1, 2, 5].includes(leading(value)));
  return some.length <= TICKS + 1 ? some : ticks.filter((value) => leading(value) === 1);
}

export const px = (value: number): string => String(Number(value.toFixed(1)));

export const path = (points: readonly (readonly [number, number])[]): string =>
  points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${px(x)},${px(y)}`).join('');
