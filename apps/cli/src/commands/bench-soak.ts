import { join } from 'node:path';
import type { Command } from 'commander';
import type { SoakReport } from '../bench/soak-bench';
import { hasGrown } from '../bench/memory-samples';
import { CliError, EXIT } from '../exit';
import { interruptSignal } from '../interrupt';
import type { Output } from '../output';
import { readPuzzles } from '../puzzles/read-puzzles';
import { ROOT } from '../root';
import { decimals, percent } from '../view/format';
import { table } from '../view/table';
import { whole } from './options';

interface Options {
  readonly minutes: number;
  readonly rate: number;
  readonly kvBudgetMib: number;
  readonly json?: true;
}

const PUZZLES = join(ROOT, 'models', 'puzzles', 'demo.jsonl');
/** Memory may grow so much after the early look. */
const LIMIT = 0.05;
const EARLY_MINUTES = 10;
const LEAST_MINUTES = 2;

export function addBenchSoak(bench: Command, output: Output): void {
  bench
    .command('soak')
    .description(
      'Steady load on a pool of its own and the resident memory of each process: after ten minutes (of a shorter run, a ' +
        'sixth) and at the end. Ends with 1 when one has grown by more than 5 %, or when a job did not complete.',
    )
    .option('--minutes <n>', 'how long', whole(LEAST_MINUTES), 60)
    .option('--rate <n>', 'jobs per minute', whole(1), 30)
    .option('--kv-budget-mib <n>', 'KV memory of the card', whole(1), 8)
    .option('--json', 'one line of JSON on stdout')
    .action(async (options: Options) => {
      const { benchSoak } = await import('../bench/soak-bench');
      const { minutes, rate, kvBudgetMib } = options;
      const report = await benchSoak(
        {
          puzzles: await readPuzzles(PUZZLES),
          minutes,
          earlyMinutes: Math.min(EARLY_MINUTES, minutes / 6),
          jobsPerSecond: rate / 60,
          kvBudgetMib,
        },
        interruptSignal().signal,
        (line) => output.progress(line),
      );
      output.answer(options.json ? `${JSON.stringify(report)}\n` : asTable(report));
      if (report.not_completed > 0)
        throw new CliError(`${report.not_completed} jobs did not complete`, EXIT.jobsFailed);
      const grown = report.processes.filter((process) => hasGrown(process, LIMIT));
      if (grown.length === 0) return;
      const names = grown.map(({ process }) => process).join(', ');
      throw new CliError(`grown by more than ${percent(LIMIT)}, or started again: ${names}`, EXIT.failed);
    });
}

const mib = (bytes: number): string => decimals(bytes / 1024 / 1024, 1);

const asTable = ({ processes, early_minutes, minutes, completed }: SoakReport): string =>
  `${table(
    ['process', `MiB after ${early_minutes} min`, `after ${minutes} min`, 'most', 'ratio'],
    processes.map((one) => [
      one.process,
      mib(one.early_rss_bytes),
      mib(one.end_rss_bytes),
      mib(one.most_rss_bytes),
      decimals(one.ratio, 3),
    ]),
  )}${completed} jobs completed\n`;
