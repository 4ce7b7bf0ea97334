import { count, decimals, rounded } from '../view/format';
import { table } from '../view/table';
import type { Comparison, Row } from './comparison';
import type { Estimate } from './statistics';

const range = ({ low, high }: Estimate, of: (value: number) => string): string => `[${of(low)}, ${of(high)}]`;
const withRange = (estimate: Estimate, of: (value: number) => string): string =>
  `${of(estimate.value)} ${range(estimate, of)}`;

const share = (value: number): string => (value * 100).toFixed(1);
const signed = (value: number): string => `${value > 0 ? '+' : ''}${share(value)}`;
const times = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : '-');
const one = (value: number): string => decimals(value, 1);

/** The paper's table with 95 % intervals, the differences to each run's baseline, and accuracy by data set. */
export function comparisonText({ rows, items, notes }: Comparison): string {
  const parts = [
    table(
      [
        'model',
        'mode',
        'accuracy %',
        'time s',
        'ms an item',
        'peak cells',
        'Dep',
        'generated',
        'compressions',
      ],
      rows.map((row) => [
        row.label,
        row.mode,
        withRange(row.accuracy, share),
        one(row.seconds),
        withRange(row.runMs, count),
        withRange(row.peakCells, one),
        withRange(row.dep, count),
        withRange(row.generatedTokens, one),
        withRange(row.compressions, one),
      ]),
    ),
  ];
  const measured = rows.flatMap((row) => (row.against === undefined ? [] : [{ row, against: row.against }]));
  if (measured.length > 0) {
    parts.push(
      table(
        [
          'the same items, one by one',
          'against',
          'accuracy points',
          'time ratio',
          'peak ratio',
          'Dep ratio',
          'tokens ratio',
        ],
        measured.map(({ row, against }) => [
          row.label,
          against.baseline,
          withRange(against.accuracy, signed),
          withRange(against.runMsRatio, times),
          withRange(against.peakRatio, times),
          withRange(against.depRatio, times),
          withRange(against.generatedRatio, times),
        ]),
      ),
    );
  }
  const sets = Object.keys(rows[0]?.accuracyBySet ?? {});
  if (sets.length > 1) {
    parts.push(
      table(
        ['accuracy % by data set', ...sets, 'mean over families'],
        rows.map((row) => [
          row.label,
          ...sets.map((set) => share(row.accuracyBySet[set] ?? 0)),
          share(row.accuracyMeanOverFamilies),
        ]),
      ),
    );
  }
  const foot = `${count(items)} items; [95 % confidence interval]: accuracy by Wilson, its difference by Newcombe (paired), the others by bootstrap.`;
  return `${parts.join('\n')}\n${[foot, ...notes.map((note) => `Note: ${note}.`)].join('\n')}\n`;
}

const estimate = ({ value, low, high }: Estimate, digits = 4) => ({
  value: rounded(value, digits),
  low: rounded(low, digits),
  high: rounded(high, digits),
});

const shares = (values: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, rounded(value, 4)]));

/** The same for a machine to read. */
export const comparisonLine = ({ items, rows, notes }: Comparison) => ({
  items,
  confidence: 0.95,
  runs: rows.map((row: Row) => ({
    label: row.label,
    mode: row.mode,
    architecture: row.architecture,
    accuracy: estimate(row.accuracy),
    accuracy_mean_over_families: rounded(row.accuracyMeanOverFamilies, 4),
    seconds: row.seconds,
    run_ms_mean: estimate(row.runMs, 1),
    peak_cells_mean: estimate(row.peakCells, 2),
    dep_mean: estimate(row.dep, 1),
    generated_tokens_mean: estimate(row.generatedTokens, 2),
    compressions_mean: estimate(row.compressions, 2),
    data_sets: shares(row.accuracyBySet),
    families: shares(row.accuracyByFamily),
    ...(row.against !== undefined && {
      against: {
        baseline: row.against.baseline,
        items: row.against.items,
        accuracy_difference: estimate(row.against.accuracy),
        run_ms_ratio: estimate(row.against.runMsRatio),
        peak_ratio: estimate(row.against.peakRatio),
        dep_ratio: estimate(row.against.depRatio),
        generated_ratio: estimate(row.against.generatedRatio),
      },
    }),
  })),
  notes,
});
