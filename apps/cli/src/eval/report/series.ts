import type { Run } from '../run-line';
import { escaped } from './html';

/** How a run looks in every picture: its mode gives the colour; runs of the same mode differ by dash and marker. */
export interface Series {
  readonly run: Run;
  /** A style attribute that sets the colour. */
  readonly color: string;
  readonly dash: string;
  /** A path around (0, 0). */
  readonly marker: string;
}

const COLORED = ['lightthinker', 'vanilla', 'token'];
const DASHES = ['', '7 4', '2 3', '10 3 2 3'];
const MARKERS = [
  'M0,-5.5A5.5,5.5 0 1 1 0,5.5A5.5,5.5 0 1 1 0,-5.5Z',
  'M-5,-5H5V5H-5Z',
  'M0,-6.5L6,5H-6Z',
  'M0,-7L6,0L0,7L-6,0Z',
];

export function seriesOf(runs: readonly Run[]): Series[] {
  const seen = new Map<string, number>();
  return runs.map((run) => {
    const { mode } = run.info.model;
    const color = COLORED.includes(mode) ? mode : 'other';
    const place = seen.get(color) ?? 0;
    seen.set(color, place + 1);
    return {
      run,
      color: `style="--c:var(--${color})"`,
      dash: DASHES[place % DASHES.length] ?? '',
      marker: MARKERS[place % MARKERS.length] ?? '',
    };
  });
}

export const dashed = ({ dash }: Series): string => (dash === '' ? '' : ` stroke-dasharray="${dash}"`);

export function legend(series: readonly Series[]): string {
  const entries = series.map(
    (one) =>
      `<span><svg viewBox="0 0 34 14" aria-hidden="true" ${one.color}><path class="stroke" d="M0,7H34"${dashed(one)}/>` +
      `<path class="mark" transform="translate(17 7)" d="${one.marker}"/></svg>${escaped(one.run.label)} (${escaped(one.run.info.model.mode)})</span>`,
  );
  return `<div class="legend">${entries.join('')}</div>`;
}
