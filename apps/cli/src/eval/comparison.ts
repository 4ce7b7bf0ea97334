import type { Usage } from '@gistpool/contracts';
import { CliError, EXIT } from '../exit';
import { mean } from '../view/format';
import type { Item } from './items';
import { grouped, meanOverFamilies, secondsOf, type Run } from './run-line';
import { bootstrapMean, bootstrapRatio, pairedShareDifference, wilson, type Estimate } from './statistics';

/** The columns of the paper's table; time is a job's time in its slot. */
export interface Row {
  readonly label: string;
  readonly mode: string;
  readonly architecture: string;
  readonly accuracy: Estimate;
  readonly accuracyMeanOverFamilies: number;
  /** In which at least one job ran. */
  readonly seconds: number;
  readonly runMs: Estimate;
  readonly peakCells: Estimate;
  readonly dep: Estimate;
  readonly generatedTokens: Estimate;
  readonly compressions: Estimate;
  readonly accuracyBySet: Readonly<Record<string, number>>;
  readonly accuracyByFamily: Readonly<Record<string, number>>;
  readonly against?: Difference;
}

/** The same items, one by one, against another run. */
export interface Difference {
  readonly baseline: string;
  readonly items: number;
  readonly accuracy: Estimate;
  readonly runMsRatio: Estimate;
  readonly peakRatio: Estimate;
  readonly depRatio: Estimate;
  readonly generatedRatio: Estimate;
}

export interface Comparison {
  readonly items: number;
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

export interface ComparisonOptions {
  /** Label of the run that others are measured against; without it the vanilla run of the same architecture, else the first. */
  readonly baseline?: string;
  /** Leave out what not all runs have, instead of refusing. */
  readonly isCommonOnly?: boolean;
}

const figureOf = (item: Item, of: (usage: Usage) => number): number => mean(item.usages.map(of));

export function compare(given: readonly Run[], options: ComparisonOptions = {}): Comparison {
  const runs = sameItems(given, options.isCommonOnly ?? false);
  if (options.baseline !== undefined && !runs.some(({ label }) => label === options.baseline))
    throw new CliError(
      `no run is called ${options.baseline}; there are ${runs.map(({ label }) => label).join(', ')}`,
      EXIT.usage,
    );
  return {
    items: runs[0]?.items.length ?? 0,
    rows: runs.map((run) => rowOf(run, baselineOf(run, runs, options.baseline))),
    notes: notesOn(given, runs),
  };
}

function rowOf(run: Run, baseline: Run | undefined): Row {
  const { items, info, label } = run;
  const answered = items.filter(({ usages }) => usages.length > 0);
  const meanOf = (of: (usage: Usage) => number) => bootstrapMean(answered.map((item) => figureOf(item, of)));
  return {
    label,
    mode: info.model.mode,
    architecture: info.model.architecture,
    accuracy: wilson(items.filter(({ isRight }) => isRight).length, items.length),
    accuracyMeanOverFamilies: meanOverFamilies(items),
    seconds: secondsOf(run),
    runMs: meanOf((usage) => usage.run_ms),
    peakCells: meanOf((usage) => usage.peak_cells),
    dep: meanOf((usage) => usage.dep),
    generatedTokens: meanOf((usage) => usage.generated_tokens),
    compressions: meanOf((usage) => usage.compressions),
    accuracyBySet: accuracies(items, (item) => item.dataSet),
    accuracyByFamily: accuracies(items, (item) => item.family),
    ...(baseline !== undefined && { against: differenceTo(baseline, run) }),
  };
}

const accuracies = (items: readonly Item[], keyOf: (item: Item) => string): Record<string, number> =>
  Object.fromEntries(
    [...grouped(items, keyOf)].map(([key, of]) => [key, mean(of.map(({ isRight }) => (isRight ? 1 : 0)))]),
  );

function differenceTo(baseline: Run, run: Run): Difference {
  const other = new Map(baseline.items.map((item) => [item.id, item]));
  const pairs = run.items.flatMap((item): [Item, Item][] => {
    const twin = other.get(item.id);
    return twin === undefined ? [] : [[item, twin]];
  });
  const answered = pairs.filter(([a, b]) => a.usages.length > 0 && b.usages.length > 0);
  const ratioOf = (of: (usage: Usage) => number) =>
    bootstrapRatio(answered.map(([a, b]) => [figureOf(a, of), figureOf(b, of)]));
  return {
    baseline: baseline.label,
    items: pairs.length,
    accuracy: pairedShareDifference(pairs.map(([a, b]) => [a.isRight, b.isRight])),
    runMsRatio: ratioOf((usage) => usage.run_ms),
    peakRatio: ratioOf((usage) => usage.peak_cells),
    depRatio: ratioOf((usage) => usage.dep),
    generatedRatio: ratioOf((usage) => usage.generated_tokens),
  };
}

/** Nothing is measured against itself. */
function baselineOf(run: Run, runs: readonly Run[], named: string | undefined): Run | undefined {
  const baseline =
    named !== undefined
      ? runs.find(({ label }) => label === named)
      : (runs.find(
          ({ info }) =>
            info.model.mode === 'vanilla' && info.model.architecture === run.info.model.architecture,
        ) ?? runs[0]);
  return baseline === run ? undefined : baseline;
}

const EXAMPLES = 3;

/** Runs over the same items; items that not all runs have are refused, or left out if that is wanted. */
function sameItems(runs: readonly Run[], isCommonOnly: boolean): readonly Run[] {
  const [first, ...others] = runs;
  if (first === undefined) throw new CliError('there is nothing to compare', EXIT.usage);
  const prints = new Map(first.items.map((item) => [item.id, item.fingerprint]));
  const common = new Set(prints.keys());
  for (const run of others) {
    const own = new Map(run.items.map((item) => [item.id, item.fingerprint]));
    const onlyFirst = [...prints.keys()].filter((id) => !own.has(id));
    const onlyOwn = [...own.keys()].filter((id) => !prints.has(id));
    const unlike = [...own]
      .filter(([id, print]) => prints.has(id) && prints.get(id) !== print)
      .map(([id]) => id);
    for (const id of [...onlyFirst, ...unlike]) common.delete(id);
    if (isCommonOnly || onlyFirst.length + onlyOwn.length + unlike.length === 0) continue;
    throw new CliError(
      [
        `${first.label} and ${run.label} are not about the same items:`,
        counted(onlyFirst, `only in ${first.label}`),
        counted(onlyOwn, `only in ${run.label}`),
        counted(unlike, 'with the same id but another question or target (another file, or another --seed)'),
        unfinished(first) ?? unfinished(run) ?? '',
        'Compare what they have in common with --common',
      ]
        .filter((part) => part !== '')
        .join(' '),
      EXIT.usage,
    );
  }
  if (common.size === 0)
    throw new CliError(`${runs.map(({ label }) => label).join(', ')} have no item in common`, EXIT.usage);
  return runs.map((run) => ({ ...run, items: run.items.filter(({ id }) => common.has(id)) }));
}

const counted = (ids: readonly string[], what: string): string =>
  ids.length === 0
    ? ''
    : `${ids.length} ${what} (${ids.slice(0, EXAMPLES).join(', ')}${ids.length > EXAMPLES ? ', …' : ''}).`;

const unfinished = ({ label, items, info }: Run): string | undefined =>
  items.length < info.items
    ? `${label} has ${items.length} of its ${info.items} items; start its eval again to go on with it.`
    : undefined;

/** What readers should know before they read the table. */
function notesOn(given: readonly Run[], runs: readonly Run[]): string[] {
  const notes: string[] = [];
  for (const [at, run] of given.entries()) {
    const left = run.items.length - (runs[at]?.items.length ?? 0);
    if (left > 0)
      notes.push(`${run.label}: ${left} of ${run.items.length} items left out, which others lack`);
    const failed = (runs[at]?.items ?? []).filter(({ isCompleted }) => !isCompleted).length;
    if (failed > 0) notes.push(`${run.label}: ${failed} items not completed; they count as wrong`);
  }
  const settings = new Set(
    runs.map(({ info }) =>
      [`prompt ${info.prompt}`, `samples ${info.samples}`, `temperature ${info.temperature}`].join(', '),
    ),
  );
  if (settings.size > 1) notes.push(`the runs were not asked alike: ${[...settings].join('; ')}`);
  return notes;
}
