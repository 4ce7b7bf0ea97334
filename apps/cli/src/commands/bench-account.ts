import type { Command } from 'commander';
import type { AccountReport } from '../bench/account-bench';
import { CliError, EXIT } from '../exit';
import { interruptSignal } from '../interrupt';
import type { Output } from '../output';
import { whole } from './options';

interface Options {
  readonly jobs: number;
  readonly lanes: string;
  readonly json?: true;
}

/** More than that is a fault in one of the two accounts. */
const MOST_DIFFERENCE = 0.02;

export function addBenchAccount(bench: Command, output: Output): void {
  bench
    .command('account')
    .description(
      'Whether the KV byte-seconds in the usage of all jobs are those that the cards counted: two cards of the bundled ' +
        'model, with jobs that are cancelled, paused and resumed, drained, and that outgrow their slots. Ends with 1 at a ' +
        'difference above 2 %.',
    )
    .option('--jobs <n>', 'jobs', whole(10, 10_000), 120)
    .option('--lanes <spec>', 'of each card', '6x256,1x512')
    .option('--json', 'one line of JSON on stdout')
    .action(async ({ jobs, lanes, json }: Options) => {
      const { benchAccount } = await import('../bench/account-bench');
      const { signal } = interruptSignal();
      const report = await benchAccount({ jobs, lanes }, signal, (line) => output.progress(line));
      output.answer(json ? `${JSON.stringify(report)}\n` : inWords(report));
      if (!(Math.abs(report.difference) <= MOST_DIFFERENCE))
        throw new CliError('the two accounts differ by more than 2 %', EXIT.failed);
    });
}

const inWords = (report: AccountReport): string =>
  `${Object.entries(report.states)
    .map(([state, count]) => `${count} ${state}`)
    .join(
      ', ',
    )}; ${report.resumes} resumes, ${report.parks} parks, ${report.hand_backs} handed back for want of cells\n` +
  `usage of all jobs: ${report.jobs_kv_byte_seconds} KV byte-seconds\n` +
  `the cards' own:    ${report.cards_kv_byte_seconds} KV byte-seconds (${(100 * report.difference).toFixed(2)} %)\n`;
