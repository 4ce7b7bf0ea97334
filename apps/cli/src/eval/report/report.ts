import { compressionRatio, summarise } from '../../summary';
import { count, decimals, percent } from '../../view/format';
import { compare, type Comparison } from '../comparison';
import type { Item } from '../items';
import { grouped, meanOverFamilies, secondsOf, type Run } from '../run-line';
import type { Estimate } from '../statistics';
import { accuracyPlot } from './accuracy-plot';
import { distributionPlot, type Measure } from './distribution-plot';
import { escaped, htmlTable, type Cell } from './html';
import { CHOOSE_ITEM, sawToothFigures } from './saw-tooth-plot';
import { legend, seriesOf } from './series';
import { STYLE } from './style';

const MEASURES: readonly Measure[] = [
  { title: 'Peak', label: 'peak cells', of: (usage) => usage.peak_cells },
  { title: 'Dep', label: 'Dep', of: (usage) => usage.dep },
  { title: 'Thoughts', label: 'thoughts', of: (usage) => usage.thoughts },
  { title: 'Compression ratio', label: 'plain decoding of the same text / peak', of: compressionRatio },
];

/** One page that needs nothing else: the tables and pictures of one run, or of several over the same items. */
export function reportHtml(runs: readonly Run[], given?: Comparison): string {
  const [first] = runs;
  if (first === undefined) throw new Error('a report of no run');
  const comparison = given ?? compare(runs);
  const series = seriesOf(runs);
  const sawTooth = sawToothFigures(series);
  const title = runs.length === 1 ? first.label : runs.map(({ label }) => label).join(' against ');
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<title>${escaped(`gistpool eval: ${title}`)}</title><style>${STYLE}</style></head><body>`,
    `<h1>${escaped(runs.length === 1 ? title : `${runs.length} runs over the same ${count(comparison.items)} items`)}</h1>`,
    `<p class="faint">${escaped(settingsOf(first))}</p>`,
    runs.length === 1 ? tiles(first) : comparisonTables(comparison),
    ...comparison.notes.map((note) => `<p class="faint">Note: ${escaped(note)}.</p>`),
    legend(series),
    '<h2>Accuracy against peak, by family</h2>',
    `<div class="scroll">${accuracyPlot(series)}</div>`,
    ...(sawTooth === undefined ? [] : ['<h2>Live cells of one item</h2>', sawTooth]),
    '<h2>Spread over the items</h2>',
    '<p class="faint">Share of the items in each column; the dotted line is the mean.</p>',
    `<div class="pair">${MEASURES.map((measure) => distributionPlot(series, measure)).join('\n')}</div>`,
    '<h2>By family</h2>',
    runs.length === 1 ? familyTable(first) : familiesTable(runs),
    wrongItems(runs),
    `<script>${CHOOSE_ITEM}</script></body></html>`,
    '',
  ].join('\n');
}

function settingsOf({ info }: Run): string {
  const asked = info.samples === 1 ? 'one sample' : `majority of ${info.samples} samples`;
  const how = info.temperature === 0 ? 'greedy' : `temperature ${info.temperature}, seed ${info.seed}`;
  return `${info.source} · prompt ${info.prompt} · ${asked}, ${how} · ${new Date(info.started_at_ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function tiles(run: Run): string {
  const summary = summarise(run.items);
  const families = grouped(run.items, (item) => item.family).size;
  const all: [string, string][] = [
    [percent(summary.accuracy), `of ${count(summary.items)} items right`],
    [percent(meanOverFamilies(run.items)), `mean over ${families} families`],
    [decimals(summary.peakCellsMean, 1), 'peak cells an item'],
    [count(summary.depMean), 'Dep an item'],
    [decimals(summary.generatedTokensMean, 1), 'generated tokens an item'],
    [decimals(summary.thoughtsMean, 1), 'thoughts an item'],
    [`${decimals(summary.compressionRatioMean, 2)} x`, 'fewer cells than plain decoding'],
    [
      `${decimals(secondsOf(run), 1)} s`,
      summary.failed === 0 ? 'in all' : `in all, ${count(summary.failed)} failed`,
    ],
  ];
  return `<div class="tiles">${all.map(([value, label]) => `<div class="tile"><b>${escaped(value)}</b><span>${escaped(label)}</span></div>`).join('')}</div>`;
}

const range = ({ value, low, high }: Estimate, of: (value: number) => string): Cell => ({
  value: of(value),
  below: `${of(low)} to ${of(high)}`,
});
const share = (value: number): string => (value * 100).toFixed(1);
const times = (value: number): string => value.toFixed(2);
const one = (value: number): string => decimals(value, 1);
const text = (title: string) => ({ title, isText: true });
const numbers = (...titles: readonly string[]) => titles.map((title) => ({ title }));

function comparisonTables({ rows }: Comparison): string {
  const main = htmlTable(
    [
      text('model'),
      text('mode'),
      ...numbers('accuracy %', 'time s', 'ms an item', 'peak cells', 'Dep', 'tokens', 'compressions'),
    ],
    rows.map((row) => [
      row.label,
      row.mode,
      range(row.accuracy, share),
      one(row.seconds),
      range(row.runMs, count),
      range(row.peakCells, one),
      range(row.dep, count),
      range(row.generatedTokens, one),
      range(row.compressions, one),
    ]),
  );
  const differences = rows.flatMap(({ label, against }) =>
    against === undefined
      ? []
      : [
          [
            label,
            against.baseline,
            range(against.accuracy, share),
            range(against.runMsRatio, times),
            range(against.peakRatio, times),
            range(against.depRatio, times),
            range(against.generatedRatio, times),
          ],
        ],
  );
  return [
    main,
    '<h2>Item by item</h2>',
    htmlTable(
      [
        text('model'),
        text('against'),
        ...numbers('accuracy points', 'time ratio', 'peak ratio', 'Dep ratio', 'tokens ratio'),
      ],
      differences,
    ),
    '<p class="faint">Small: 95 % confidence intervals, of accuracy by Wilson, of its difference by Newcombe (paired), of the others by bootstrap.</p>',
  ].join('\n');
}

function familyTable({ items }: Run): string {
  return htmlTable(
    [
      text('family'),
      text('data set'),
      ...numbers('items', 'right', 'peak cells', 'Dep', 'tokens', 'thoughts', 'ratio'),
    ],
    [...grouped(items, (item) => item.family)].map(([family, of]) => {
      const figures = summarise(of);
      return [
        family,
        of[0]?.dataSet ?? '',
        count(figures.items),
        percent(figures.accuracy),
        one(figures.peakCellsMean),
        count(figures.depMean),
        one(figures.generatedTokensMean),
        one(figures.thoughtsMean),
        times(figures.compressionRatioMean),
      ];
    }),
  );
}

/** Accuracy and mean peak of each run. */
function familiesTable(runs: readonly Run[]): string {
  const byFamily = runs.map(({ items }) => grouped(items, (item) => item.family));
  const families = [...new Set(byFamily.flatMap((groups) => [...groups.keys()]))];
  return htmlTable(
    [text('family'), ...runs.map(({ label }) => ({ title: label }))],
    families.map((family) => [
      family,
      ...byFamily.map((groups) => {
        const figures = summarise(groups.get(family) ?? []);
        return figures.items === 0
          ? '-'
          : { value: percent(figures.accuracy), below: `peak ${count(figures.peakCellsMean)}` };
      }),
    ]),
  );
}

const SHOWN_ITEMS = 300;
const SHOWN_CHARACTERS = 80;

/** What some run got wrong. */
function wrongItems(runs: readonly Run[]): string {
  const itemOf = runs.map(({ items }) => new Map(items.map((item) => [item.id, item])));
  const ids = [
    ...new Set(runs.flatMap(({ items }) => items.filter(({ isRight }) => !isRight).map(({ id }) => id))),
  ];
  if (ids.length === 0) return '';
  const said = (item: Item | undefined): string =>
    item === undefined ? '-' : `${item.isRight ? '✓' : '✗'} ${clipped(item.answer || '(no answer)')}`;
  const rows = ids.slice(0, SHOWN_ITEMS).map((id) => {
    const items = itemOf.map((items_) => items_.get(id));
    return [id, clipped(items.find((item) => item !== undefined)?.target ?? ''), ...items.map(said)];
  });
  const shown = ids.length > SHOWN_ITEMS ? `, the first ${SHOWN_ITEMS}` : '';
  return (
    `<details><summary>Items answered wrongly (${count(ids.length)}${shown})</summary>` +
    `${htmlTable([text('item'), text('target'), ...runs.map(({ label }) => text(label))], rows)}</details>`
  );
}

const clipped = (value: string): string =>
  value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS - 1)}…` : value;
