import { summarise } from '../summary';
import { count, decimals, percent } from '../view/format';
import { table } from '../view/table';
import { grouped, meanOverFamilies, secondsOf, type Run } from './run-line';
import { wilson } from './statistics';

/** A run for people: a line per family, then the whole. */
export function runText(run: Run): string {
  const { items, info } = run;
  const families = grouped(items, (item) => item.family);
  const summary = summarise(items);
  const { low, high } = wilson(items.filter(({ isRight }) => isRight).length, items.length);
  const votes =
    info.samples === 1
      ? ''
      : `majority of ${info.samples} samples at temperature ${info.temperature}; single samples: ${percent(shareOfSamples(run))}\n`;
  return (
    table(
      ['family', 'items', 'right', 'peak cells', 'Dep', 'tokens', 'thoughts', 'ratio'],
      [...families].map(([family, of]) => {
        const figures = summarise(of);
        return [
          family,
          count(figures.items),
          percent(figures.accuracy),
          decimals(figures.peakCellsMean, 1),
          count(figures.depMean),
          decimals(figures.generatedTokensMean, 1),
          decimals(figures.thoughtsMean, 1),
          decimals(figures.compressionRatioMean, 2),
        ];
      }),
    ) +
    [
      '',
      `${info.model.name} (${info.model.mode}): ${percent(summary.accuracy)} of ${count(summary.items)} right ` +
        `[${percent(low)}, ${percent(high)}]` +
        (families.size > 1
          ? `, mean over ${families.size} families ${percent(meanOverFamilies(items))}`
          : '') +
        `, in ${decimals(secondsOf(run), 1)} s` +
        (summary.failed > 0 ? `, ${count(summary.failed)} failed` : ''),
      `mean per item: peak ${decimals(summary.peakCellsMean, 1)} cells, Dep ${count(summary.depMean)}, ` +
        `${decimals(summary.generatedTokensMean, 1)} tokens in ${decimals(summary.thoughtsMean, 1)} thoughts`,
      '',
    ].join('\n') +
    votes
  );
}

function shareOfSamples({ items }: Run): number {
  const samples = items.flatMap((item) => item.samples);
  return samples.filter(({ right }) => right).length / Math.max(1, samples.length);
}
