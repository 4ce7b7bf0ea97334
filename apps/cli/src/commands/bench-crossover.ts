import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { crossoverMib } from '../bench/crossover';
import type { SideReport } from '../bench/side';
import { interruptSignal } from '../interrupt';
import type { Output } from '../output';
import { ROOT } from '../root';
import { decimals, mebibytes } from '../view/format';
import { table } from '../view/table';
import { dataDirOption, positive, randomOption, share, whole } from './options';

interface Options {
  readonly puzzles: string;
  readonly jobs: number;
  readonly learn: number;
  readonly eps: number;
  readonly kvBudgetsMib: readonly number[];
  readonly threads: number;
  readonly runs: number;
  readonly random?: true;
  readonly dataDir: string;
  readonly json?: true;
}

interface PointReport {
  readonly kv_budget_mib: number;
  /**
   * LightThinker over the vanilla twin: jobs an hour; tokens a second; and jobs a second of the worker's CPU time, which
   * does not count what other programs took.
   */
  readonly speedup: number;
  readonly token_speedup: number;
  readonly cpu_speedup: number;
  readonly sides: readonly SideReport[];
}

const LONG_HORIZON = join(ROOT, 'models', 'puzzles', 'long-horizon.jsonl');
/** A slot of the vanilla twin takes 7.5 MiB: 1, 2, 4, 8 and 16 of them. */
const BUDGETS_MIB = [7.5, 15, 30, 60, 120];

export function addBenchCrossover(bench: Command, output: Output): void {
  bench
    .command('crossover')
    .description(
      'The same batch at KV budgets from scarce to ample, LightThinker against the vanilla twin: above which memory ' +
        'compressing stops paying. With room for every job at once, what is left is what compressing costs.',
    )
    .option('--puzzles <file>', 'other puzzles than the bundled ones', LONG_HORIZON)
    .option('--jobs <n>', 'puzzles, the first ones', whole(1), 16)
    .option('--learn <n>', 'puzzles behind those, from which each pool learns first', whole(0), 40)
    .option('--eps <share>', 'the promise: share of jobs whose peak may exceed its prediction', share, 0.05)
    .option('--kv-budgets-mib <list>', 'KV memory of each side, comma-separated', budgets, BUDGETS_MIB)
    .addOption(randomOption())
    .addOption(dataDirOption())
    .option('--threads <n>', 'CPU threads of each side', whole(1, 1024), 1)
    .option('--runs <n>', 'alternating runs at each budget; medians are printed', whole(1, 99), 1)
    .option('--json', 'one line of JSON on stdout')
    .action(async (options: Options) => {
      const { benchSameMemory } = await import('../bench/same-memory-bench');
      const { sidesOf } = await import('../bench/side');
      const { workFor } = await import('../bench/work');
      const work = await workFor(options);
      const { threads, runs, eps } = options;
      const { signal } = interruptSignal();
      const points: PointReport[] = [];
      for (const kvBudgetMib of options.kvBudgetsMib) {
        output.progress(`KV memory ${kvBudgetMib} MiB\n`);
        const plan = { work, kvBudgetMib, threads, runs, eps, lanes: 'auto' as const };
        const sides = await benchSameMemory(
          sidesOf(['f16'], { pools: false, server: false }),
          plan,
          signal,
          (line) => output.progress(line),
        );
        points.push(pointOf(kvBudgetMib, sides));
      }
      const crossoverOf = (speedup: (point: PointReport) => number) =>
        crossoverMib(points.map((point) => ({ kvBudgetMib: point.kv_budget_mib, speedup: speedup(point) })));
      const crossover = {
        crossover_mib: crossoverOf(({ speedup }) => speedup),
        crossover_by_cpu_mib: crossoverOf(({ cpu_speedup }) => cpu_speedup),
      };
      output.answer(
        options.json
          ? `${JSON.stringify({ jobs: work.puzzles.length, threads, runs, ...crossover, points })}\n`
          : `${asTable(points)}\nBy the clock: ${inWords(crossover.crossover_mib)}\nBy CPU time: ${inWords(crossover.crossover_by_cpu_mib)}\n`,
      );
    });
}

function pointOf(kvBudgetMib: number, sides: readonly SideReport[]): PointReport {
  const [vanilla, compressing] = sides.map(({ medians }) => medians);
  if (vanilla === undefined || compressing === undefined) throw new Error('two sides are measured');
  const ratio = (of: (medians: SideReport['medians']) => number) =>
    Number((of(compressing) / of(vanilla)).toFixed(3));
  return {
    kv_budget_mib: kvBudgetMib,
    speedup: ratio((medians) => medians.jobs_per_hour),
    token_speedup: ratio((medians) => medians.tokens_per_second),
    cpu_speedup: ratio((medians) => medians.completed / medians.cpu_s),
    sides,
  };
}

const inWords = (crossover: number | null): string => {
  if (crossover === null) return 'compressing was faster at every budget.';
  if (crossover === 0) return 'compressing was faster at no budget.';
  return `compressing stops paying at ${decimals(crossover, 1)} MiB.`;
};

const asTable = (points: readonly PointReport[]): string =>
  table(
    [
      'KV budget',
      'faster',
      'by CPU',
      'tokens/s',
      ...['vanilla', 'LightThinker'].flatMap((name) => [name, 'sessions', 'jobs/h']),
    ],
    points.map(({ kv_budget_mib, speedup, cpu_speedup, token_speedup, sides }) => [
      mebibytes(kv_budget_mib * 2 ** 20),
      `x ${decimals(speedup, 2)}`,
      `x ${decimals(cpu_speedup, 2)}`,
      `x ${decimals(token_speedup, 2)}`,
      ...sides.flatMap(({ lanes, medians }) => [
        lanes,
        decimals(medians.sessions_at_once, 1),
        decimals(medians.jobs_per_hour, 0),
      ]),
    ]),
  );

function budgets(text: string): number[] {
  const list = text.split(',').map(positive);
  if (new Set(list).size < list.length) throw new InvalidArgumentError('Expected each budget once.');
  return list;
}
