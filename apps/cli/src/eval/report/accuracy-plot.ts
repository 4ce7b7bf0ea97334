import { summarise } from '../../summary';
import { count, percent } from '../../view/format';
import { grouped } from '../run-line';
import { escaped } from './html';
import { plot, px, type Frame } from './plot';
import type { Series } from './series';

interface Dot {
  readonly series: Series;
  readonly family: string;
  readonly peak: number;
  readonly accuracy: number;
  readonly items: number;
}

const SIZE = { width: 880, height: 440 };
const MARKER_PX = 8;
const CHARACTER_PX = 6.6;
const LINE_PX = 14;

/** Accuracy against mean peak, a point per family; a line joins a family's points of the runs of one architecture. */
export function accuracyPlot(series: readonly Series[]): string {
  const dots = series.flatMap((one) =>
    [...grouped(one.run.items, (item) => item.family)].map(([family, items]): Dot => {
      const { accuracy, peakCellsMean, items: total } = summarise(items);
      return { series: one, family, peak: peakCellsMean, accuracy, items: total };
    }),
  );
  const peaks = dots.map(({ peak }) => peak).filter((peak) => peak > 0);
  const [least, most] = [Math.min(...peaks, 1e9), Math.max(...peaks, 1)];
  const isLog = most / least > 8;
  const xAxis = isLog
    ? { label: 'mean peak cells (logarithmic)', from: least * 0.85, to: most * 1.15, isLog }
    : { label: 'mean peak cells', from: 0, to: most * 1.05 };
  const yAxis = {
    label: 'accuracy',
    from: 0,
    to: 1,
    format: (value: number) => `${Math.round(value * 100)} %`,
  };
  return plot(
    'Accuracy against mean peak cells, by family',
    SIZE,
    xAxis,
    yAxis,
    (frame) => links(frame, dots) + marks(frame, dots) + names(frame, dots),
    true,
  );
}

const links = ({ x, y }: Frame, dots: readonly Dot[]): string =>
  [...grouped(dots, ({ family, series }) => `${series.run.info.model.architecture} ${family}`).values()]
    .filter((of) => of.length > 1)
    .map((of) => [...of].sort((a, b) => a.peak - b.peak))
    .map(
      (of) =>
        `<polyline class="link" fill="none" points="${of.map(({ peak, accuracy }) => `${px(x(peak))},${px(y(accuracy))}`).join(' ')}"/>`,
    )
    .join('\n');

const marks = ({ x, y }: Frame, dots: readonly Dot[]): string =>
  dots
    .map(
      ({ series, family, peak, accuracy, items }) =>
        `<path class="mark" ${series.color} transform="translate(${px(x(peak))} ${px(y(accuracy))})" d="${series.marker}">` +
        `<title>${escaped(`${family}, ${series.run.label}: ${percent(accuracy)} of ${count(items)} at ${count(peak)} cells`)}</title></path>`,
    )
    .join('\n');

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Each family's name once, beside one of its points, where it covers nothing; what finds no room has its tooltip. */
function names({ x, y, left, right, top, bottom }: Frame, dots: readonly Dot[]): string {
  const taken: Box[] = dots.map(({ peak, accuracy }) => ({
    left: x(peak) - MARKER_PX,
    right: x(peak) + MARKER_PX,
    top: y(accuracy) - MARKER_PX,
    bottom: y(accuracy) + MARKER_PX,
  }));
  const written: string[] = [];
  const named = new Set<string>();
  for (const { family, peak, accuracy } of dots) {
    if (named.has(family)) continue;
    const width = family.length * CHARACTER_PX;
    const [cx, cy] = [x(peak), y(accuracy)];
    const places = [
      [cx + MARKER_PX + 2, cy + 4],
      [cx - MARKER_PX - 2 - width, cy + 4],
      ...[1, -1, 2, -2, 3, -3].flatMap((step) => [
        [cx - width / 2, cy + 4 + step * (LINE_PX + 3)],
        [cx + MARKER_PX + 2, cy + 4 + step * LINE_PX],
        [cx - MARKER_PX - width, cy + 4 + step * LINE_PX],
      ]),
    ] as [number, number][];
    for (const [at, base] of places) {
      const box = { left: at - 2, right: at + width + 2, top: base - LINE_PX + 3, bottom: base + 3 };
      const isInside =
        box.left >= left && box.right <= right + 10 && box.top >= top - 24 && box.bottom <= bottom;
      if (!isInside || taken.some((other) => overlaps(box, other))) continue;
      taken.push(box);
      named.add(family);
      written.push(`<text class="name" x="${px(at)}" y="${px(base)}">${escaped(family)}</text>`);
      break;
    }
  }
  return written.join('\n');
}

const overlaps = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
