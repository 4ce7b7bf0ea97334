import { count } from '../../view/format';
import type { Item } from '../items';
import type { Point } from '../saw-tooth';
import { escaped } from './html';
import { path, plot, px } from './plot';
import { dashed, type Series } from './series';

interface Trace {
  readonly series: Series;
  readonly item: Item;
  readonly points: readonly Point[];
}

const SIZE = { width: 880, height: 380 };
/** More would lie over each other. */
const FILLED_RUNS = 3;

/** Live cells over sampled tokens of one item at a time, all runs in one picture; a list chooses the item. Undefined when no run kept any. */
export function sawToothFigures(series: readonly Series[]): string | undefined {
  const tracesOf = new Map<string, Trace[]>();
  for (const one of series) {
    for (const item of one.run.items) {
      const points = item.samples.find(({ saw_tooth: kept }) => kept !== undefined)?.saw_tooth;
      if (points === undefined) continue;
      tracesOf.set(item.id, [...(tracesOf.get(item.id) ?? []), { series: one, item, points }]);
    }
  }
  if (tracesOf.size === 0) return undefined;
  const tokensOf = (traces: readonly Trace[]) =>
    Math.max(...traces.flatMap(({ points }) => points.map(([tokens]) => tokens)));
  const entries = [...tracesOf].map(([id, traces]) => ({ id, traces, tokens: tokensOf(traces) }));
  // The longest one that all runs have, and have right, shows most.
  const rank = ({ traces, tokens }: (typeof entries)[number]) =>
    [traces.length, traces.filter(({ item }) => item.isRight).length, tokens] as const;
  const shown = entries.reduce((best, entry) => (isAbove(rank(entry), rank(best)) ? entry : best));
  const options = entries.map(
    ({ id, tokens }) =>
      `<option value="${escaped(id)}"${id === shown.id ? ' selected' : ''}>${escaped(id)} (${count(tokens)} tokens)</option>`,
  );
  const figures = entries.map(
    ({ id, traces }) =>
      `<figure data-item="${escaped(id)}"${id === shown.id ? '' : ' hidden'}><div class="scroll">${sawToothPlot(id, traces)}</div>` +
      `<figcaption>${escaped([...traces.map(said), ...saidOfPlain(traces)].join(' · '))}</figcaption></figure>`,
  );
  return `<p><label>Item <select id="item">${options.join('')}</select></label></p>\n${figures.join('\n')}`;
}

const isAbove = (a: readonly number[], b: readonly number[]): boolean => {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at !== -1 && (a[at] ?? 0) > (b[at] ?? 0);
};

const said = ({ series, item, points }: Trace): string =>
  `${series.run.label}: ${item.isRight ? 'right' : 'wrong'} (${item.answer || 'no answer'}), peak ${count(Math.max(...points.map(([, cells]) => cells)))} cells`;

const saidOfPlain = (traces: readonly Trace[]): readonly string[] => {
  const end = plainRamp(traces).at(-1);
  return end === undefined
    ? []
    : [`dashed: plain decoding of the same text, ${count(end[1])} cells at its end`];
};

/** What plain decoding of the same text would have held; not drawn where a vanilla run shows it anyway. */
function plainRamp(traces: readonly Trace[]): readonly Point[] {
  const [only, ...others] = traces;
  const usage = only?.item.usages[0];
  if (usage === undefined || others.length > 0 || usage.compressions === 0) return [];
  return [
    [0, usage.prompt_tokens],
    [usage.generated_tokens, usage.vanilla_peak_cells],
  ];
}

function sawToothPlot(id: string, traces: readonly Trace[]): string {
  const plain = plainRamp(traces);
  const points = [...traces.flatMap((trace) => trace.points), ...plain];
  const isFilled = traces.length <= FILLED_RUNS;
  return plot(
    `Live cells of item ${id} over its sampled tokens`,
    SIZE,
    { label: 'sampled tokens', from: 0, to: Math.max(...points.map(([tokens]) => tokens)) },
    { label: 'live cells', from: 0, to: Math.max(...points.map(([, cells]) => cells)) * 1.03 },
    ({ x, y, bottom }) =>
      (plain.length === 0
        ? ''
        : `<path class="plain" d="${path(plain.map(([tokens, cells]) => [x(tokens), y(cells)]))}"/>`) +
      traces
        .map(({ series, points: own }) => {
          const line = path(own.map(([tokens, cells]) => [x(tokens), y(cells)]));
          const [first, last] = [own[0]?.[0] ?? 0, own.at(-1)?.[0] ?? 0];
          return (
            `<g ${series.color}>${isFilled ? `<path class="area" d="${line}L${px(x(last))},${bottom}L${px(x(first))},${bottom}Z"/>` : ''}` +
            `<path class="stroke" d="${line}"${dashed(series)}/></g>`
          );
        })
        .join('\n'),
    true,
  );
}

/** Shows the item that the list chooses. */
export const CHOOSE_ITEM = `
const list = document.getElementById('item');
list?.addEventListener('change', () => {
  for (const figure of document.querySelectorAll('figure[data-item]')) figure.hidden = figure.dataset.item !== list.value;
});
`;
