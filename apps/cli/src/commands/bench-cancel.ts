import type { Command } from 'commander';
import type { CancelReport } from '../bench/cancel-bench';
import { interruptSignal } from '../interrupt';
import type { Output } from '../output';
import { table } from '../view/table';
import { whole } from './options';

interface Options {
  readonly cancels: number;
  readonly lanes: string;
  readonly json?: true;
}

export function addBenchCancel(bench: Command, output: Output): void {
  bench
    .command('cancel')
    .description(
      'How soon the cells of a running job are free when another api process than the one that took it in is asked to ' +
        'cancel it: a pool of the bundled model with a second api beside its own, every place taken.',
    )
    .option('--cancels <n>', 'jobs that are cancelled, one after another', whole(1, 10_000), 50)
    .option('--lanes <spec>', 'of the card', '8x512')
    .option('--json', 'one line of JSON on stdout')
    .action(async ({ cancels, lanes, json }: Options) => {
      const { benchCancel } = await import('../bench/cancel-bench');
      const { signal } = interruptSignal();
      const report = await benchCancel({ cancels, lanes }, signal, (line) => output.progress(line));
      output.answer(json ? `${JSON.stringify(report)}\n` : asTable(report));
    });
}

const asTable = ({ answered_ms, freed_ms, reported_ms }: CancelReport): string =>
  table(
    ['from the DELETE (ms)', 'p50', 'p95', 'max'],
    (
      [
        ['to its answer', answered_ms],
        ['to cells free, in the ledger', freed_ms],
        ['to the card’s report without it', reported_ms],
      ] as const
    ).map(([name, { p50, p95, max }]) => [name, ...[p50, p95, max].map((ms) => ms.toFixed(0))]),
  );
