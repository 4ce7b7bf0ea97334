import type { Command } from 'commander';
import type { DispatchReport } from '../bench/dispatch-bench';
import type { Output } from '../output';
import { table } from '../view/table';
import { whole } from './options';

interface Options {
  readonly cards: number;
  readonly slots: number;
  readonly jobs: number;
  readonly singles: number;
  readonly rate: number;
  readonly runs: number;
  readonly json?: true;
}

export function addBenchDispatch(bench: Command, output: Output): void {
  bench
    .command('dispatch')
    .description(
      'Jobs per second through queue, scheduler and hand-over with cards that decode nothing, and how long a placement ' +
        'takes: a redis-server, a scheduler process and BullMQ queues of its own, as `gistpool up` runs them.',
    )
    .option('--cards <n>', 'cards', whole(1, 1000), 4)
    .option('--slots <n>', 'slots of each card', whole(1, 256), 64)
    .option('--jobs <n>', 'jobs sent as fast as they go', whole(250), 5000)
    .option('--singles <n>', 'jobs sent one by one for the latency', whole(10), 1000)
    .option('--rate <n>', 'of these, per second', whole(1, 10_000), 200)
    .option('--runs <n>', 'runs; medians are printed', whole(1, 99), 3)
    .option('--json', 'one line of JSON on stdout')
    .action(async (options: Options) => {
      const { benchDispatch } = await import('../bench/dispatch-bench');
      const { cards, slots, jobs, singles, rate, runs } = options;
      const plan = { cards, slots, jobs, singles, singlesPerSecond: rate, runs };
      const report = await benchDispatch(plan, (line) => output.progress(line));
      output.answer(options.json ? `${JSON.stringify(report)}\n` : asTable(report));
    });
}

const asTable = ({
  medians: { jobs_per_second, plain_bullmq_jobs_per_second, placement, refill },
}: DispatchReport): string =>
  table(
    ['', 'median', 'p99', 'max'],
    [
      ['jobs per second', jobs_per_second.toFixed(0), '', ''],
      ['the same by BullMQ alone', plain_bullmq_jobs_per_second.toFixed(0), '', ''],
      ...(
        [
          ['submit to card, slots free (ms)', placement],
          ['free slot to next job (ms)', refill],
        ] as const
      ).map(([name, { median_ms, p99_ms, max_ms }]) => [
        name,
        median_ms.toFixed(1),
        p99_ms.toFixed(1),
        max_ms.toFixed(1),
      ]),
    ],
  );
