import type { Command } from 'commander';
import type { KillReport } from '../bench/kill-bench';
import { CliError, EXIT } from '../exit';
import { interruptSignal } from '../interrupt';
import type { Output } from '../output';
import { share, whole } from './options';

interface Options {
  readonly lines: number;
  readonly at: number;
  readonly lanes: string;
  readonly maxTokens: number;
  readonly json?: true;
}

export function addBenchKill(bench: Command, output: Output): void {
  bench
    .command('kill')
    .description(
      'A batch of short lines through the OpenAI surface on two cards; one worker is killed with SIGKILL on the way. ' +
        'Counts lines that are missing or there twice, and how soon what it held was at work again. Ends with 1 when a line is.',
    )
    .option('--lines <n>', 'of the batch', whole(10, 50_000), 20_000)
    .option('--at <share>', 'of the lines done when the worker is killed', share, 0.3)
    .option('--lanes <spec>', 'of each card', '16x256')
    .option('--max-tokens <n>', 'of each answer', whole(1, 200), 16)
    .option('--json', 'one line of JSON on stdout')
    .action(async ({ lines, at, lanes, maxTokens, json }: Options) => {
      const { benchKill } = await import('../bench/kill-bench');
      const { signal } = interruptSignal();
      const report = await benchKill({ lines, atShare: at, lanes, maxTokens }, signal, (line) =>
        output.progress(line),
      );
      output.answer(json ? `${JSON.stringify(report)}\n` : inWords(report));
      const { missing, duplicates, strangers } = report;
      if (missing + duplicates + strangers > 0)
        throw new CliError('lines are not there once each', EXIT.failed);
    });
}

const inWords = (report: KillReport): string =>
  `${report.lines} lines in ${report.seconds} s (${report.lines_per_second} a second), one of two workers killed after ` +
  `${report.done_at_kill}: ${report.answered} answered, ${report.failed} failed, ${report.missing} missing, ` +
  `${report.duplicates} twice. Of ${report.lost_jobs} jobs that it held the first was at work again after ` +
  `${report.picked_up_first_s ?? '-'} s, the last after ${report.picked_up_last_s ?? '-'} s.\n`;
