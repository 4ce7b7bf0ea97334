import { join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { KvType, SideReport } from '../bench/side';
import { interruptSignal } from '../interrupt';
import type { Output } from '../output';
import { ROOT } from '../root';
import { count, decimals, mebibytes, percent } from '../view/format';
import { table } from '../view/table';
import { dataDirOption, positive, randomOption, share, whole } from './options';

interface Options {
  readonly puzzles: string;
  readonly jobs: number;
  readonly kvBudgetMib: number;
  readonly kvTypes: readonly KvType[];
  readonly pools: boolean;
  readonly learn: number;
  readonly eps: number;
  readonly lanes: 'auto' | 'most';
  readonly threads: number;
  readonly runs: number;
  readonly dataDir: string;
  readonly server: boolean;
  readonly random?: true;
  readonly json?: true;
}

const LONG_HORIZON = join(ROOT, 'models', 'puzzles', 'long-horizon.jsonl');

export function addBenchSameMemory(bench: Command, output: Output): void {
  bench
    .command('same-memory')
    .description(
      'A batch of long-horizon puzzles at one KV budget: LightThinker with sessions that share pools, LightThinker on ' +
        'the stock library, and the vanilla twin, each in a pool of its own that plans its lanes by what it has learnt; ' +
        'and llama-server with the vanilla twin, built from the same release on the same libraries, in slots as wide as ' +
        'the longest text to come.',
    )
    .option('--puzzles <file>', 'other puzzles than the bundled ones', LONG_HORIZON)
    .option('--jobs <n>', 'puzzles, the first ones', whole(1), 60)
    .option('--learn <n>', 'puzzles behind those, from which each pool learns first', whole(0), 40)
    .option('--eps <share>', 'the promise: share of jobs whose peak may exceed its prediction', share, 0.05)
    .addOption(
      new Option('--lanes <goal>', 'planned for speed (auto) or for the most sessions at once (most)')
        .choices(['auto', 'most'])
        .default('most'),
    )
    .option('--kv-budget-mib <n>', 'KV memory of each side', positive, 30)
    .option('--kv-types <list>', 'f16, q8_0 or both, comma-separated', kvTypes, ['f16', 'q8_0'])
    .option('--no-pools', 'without sessions that share pools, which need gistpool engine build')
    .option('--threads <n>', 'CPU threads of each side', whole(1, 1024), 1)
    .option('--runs <n>', 'alternating runs; medians are printed', whole(1, 99), 1)
    .addOption(dataDirOption())
    .addOption(randomOption())
    .option('--no-server', 'without llama-server, which is built once: some minutes of CPU time')
    .option('--json', 'one line of JSON on stdout')
    .action(async (options: Options) => {
      const { benchSameMemory } = await import('../bench/same-memory-bench');
      const { sidesOf } = await import('../bench/side');
      const { workFor } = await import('../bench/work');
      const work = await workFor(options);
      const { kvBudgetMib, threads, runs, eps, lanes } = options;
      const { buildServer } = await import('../bench/peer-server-build');
      const serverBinary = options.server
        ? await buildServer(join(options.dataDir, 'bench'), (line) => output.progress(line))
        : undefined;
      const sides = await benchSameMemory(
        sidesOf(options.kvTypes, options),
        { work, kvBudgetMib, threads, runs, eps, lanes, ...(serverBinary !== undefined && { serverBinary }) },
        interruptSignal().signal,
        (line) => output.progress(line),
      );
      output.answer(
        options.json
          ? `${JSON.stringify({ jobs: work.puzzles.length, learnt_from: work.lessons.length, eps, lanes, kv_budget_mib: kvBudgetMib, threads, runs, sides })}\n`
          : asTable(sides),
      );
    });
}

function asTable(sides: readonly SideReport[]): string {
  const vanillaOf = (side: SideReport) =>
    sides.find(({ name, kvType }) => name === 'vanilla' && kvType === side.kvType)?.medians;
  const ratio = (own: number, other: number | undefined) =>
    other === undefined ? '-' : decimals(own / other, 2);
  return table(
    [
      '',
      'KV',
      'makespan',
      'jobs/h',
      'sessions',
      'peak',
      'x vanilla',
      'faster',
      'by CPU',
      'right',
      'peak cells',
      'lanes',
    ],
    sides.map((side) => {
      const { medians } = side;
      const vanilla = vanillaOf(side);
      return [
        side.name,
        `${side.kvType}, ${mebibytes(medians.kv_bytes)}`,
        `${decimals(medians.makespan_s, 1)} s`,
        count(Math.round(medians.jobs_per_hour)),
        decimals(medians.sessions_at_once, 1),
        String(medians.sessions_peak),
        ratio(medians.sessions_at_once, vanilla?.sessions_at_once),
        ratio(vanilla?.makespan_s ?? Number.NaN, medians.makespan_s),
        ratio(vanilla?.cpu_s ?? Number.NaN, medians.cpu_s),
        medians.accuracy === undefined ? '-' : percent(medians.accuracy),
        decimals(medians.peak_cells_mean, 1),
        side.lanes,
      ];
    }),
  );
}

function kvTypes(text: string): KvType[] {
  const types = text.split(',');
  if (types.every((type): type is KvType => type === 'f16' || type === 'q8_0') && types.length > 0)
    return types;
  throw new InvalidArgumentError('Expected f16, q8_0 or f16,q8_0.');
}
