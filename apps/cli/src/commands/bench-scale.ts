import type { Command } from 'commander';
import type { ScaleRow } from '../bench/scale-bench';
import type { Output } from '../output';
import { table } from '../view/table';
import { whole } from './options';

interface Options {
  readonly cards: readonly number[];
  readonly waiting: readonly number[];
  readonly decisions: number;
  readonly json?: true;
}

const list = (text: string): number[] => text.split(',').map(whole(1, 10_000_000));

export function addBenchScale(bench: Command, output: Output): void {
  bench
    .command('scale')
    .description('Time of one placement decision against cards and waiting jobs; pure computation, no queue.')
    .option('--cards <list>', 'cards, comma-separated', list, [10, 1000])
    .option('--waiting <list>', 'waiting jobs, comma-separated', list, [1000, 10_000, 100_000, 1_000_000])
    .option('--decisions <n>', 'decisions that are timed', whole(10, 1_000_000), 3000)
    .option('--json', 'one line of JSON on stdout')
    .action(async (options: Options) => {
      const { benchScale } = await import('../bench/scale-bench');
      const rows: ScaleRow[] = [];
      for (const cards of options.cards) {
        for (const waiting of options.waiting) {
          rows.push(benchScale(cards, waiting, options.decisions));
          output.progress(`${cards} cards, ${waiting} waiting: ${rows.at(-1)?.median_us.toFixed(0)} us\n`);
        }
      }
      output.answer(options.json ? `${JSON.stringify({ rows })}\n` : asTable(rows));
    });
}

const asTable = (rows: readonly ScaleRow[]): string =>
  table(
    ['cards', 'pools', 'waiting', 'median us', 'p99 us', 'into the backlog us'],
    rows.map((row) => [
      String(row.cards),
      String(row.pools),
      String(row.waiting),
      row.median_us.toFixed(0),
      row.p99_us.toFixed(0),
      row.push_us.toFixed(1),
    ]),
  );
