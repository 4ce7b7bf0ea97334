import { summarise, type Summary } from '../summary';
import { mean, rounded } from '../view/format';
import { busySeconds, type Item } from './items';
import type { RunInfo } from './run-info';

/** A run as it is compared and drawn. */
export interface Run {
  readonly label: string;
  readonly info: RunInfo;
  readonly items: readonly Item[];
}

export function grouped<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}

const figures = (summary: Summary) => ({
  accuracy: summary.accuracy,
  items: summary.items,
  failed: summary.failed,
  peak_cells_mean: summary.peakCellsMean,
  dep_mean: summary.depMean,
  generated_tokens_mean: summary.generatedTokensMean,
  thoughts_mean: summary.thoughtsMean,
  compressions_mean: summary.compressionsMean,
  run_ms_mean: summary.runMsMean,
  vanilla_peak_cells_mean: summary.vanillaPeakCellsMean,
  compression_ratio_mean: summary.compressionRatioMean,
});

export const secondsOf = ({ items }: Run): number =>
  rounded(busySeconds(items.flatMap(({ samples }) => samples)), 2);

export const meanOverFamilies = (items: readonly Item[]): number =>
  rounded(
    mean(
      [...grouped(items, (item) => item.family).values()].map((of) =>
        mean(of.map(({ isRight }) => (isRight ? 1 : 0))),
      ),
    ),
    4,
  );

/** A run's figures for a machine to read: over all items, by data set, by family. */
export function runLine(run: Run) {
  const { info, items } = run;
  const by = <V>(keyOf: (item: Item) => string, of: (items: readonly Item[]) => V): Record<string, V> =>
    Object.fromEntries([...grouped(items, keyOf)].map(([key, group]) => [key, of(group)]));
  return {
    ...figures(summarise(items)),
    accuracy_mean_over_families: meanOverFamilies(items),
    seconds: secondsOf(run),
    mode: info.model.mode,
    model: info.model.name,
    architecture: info.model.architecture,
    prompt: info.prompt,
    samples: info.samples,
    temperature: info.temperature,
    seed: info.seed,
    data_sets: by(
      (item) => item.dataSet,
      (of) => ({ ...figures(summarise(of)), accuracy_mean_over_families: meanOverFamilies(of) }),
    ),
    families: by(
      (item) => item.family,
      (of) => ({ data_set: of[0]?.dataSet, ...figures(summarise(of)) }),
    ),
  };
}
