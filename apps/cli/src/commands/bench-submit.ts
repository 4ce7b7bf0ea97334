import type { Command } from 'commander';
import type { SubmitReport } from '../bench/submit-bench';
import { CliError, EXIT } from '../exit';
import { interruptSignal } from '../interrupt';
import type { Output } from '../output';
import { whole } from './options';

interface Options {
  readonly connections: number;
  readonly seconds: number;
  readonly warmUp: number;
  readonly rate?: number;
  readonly json?: true;
}

export function addBenchSubmit(bench: Command, output: Output): void {
  bench
    .command('submit')
    .description(
      'Jobs per second that the api takes in, one request each, and how long an answer takes: a pool of its own whose ' +
        'card is cordoned, asked by autocannon (a development dependency).',
    )
    .option('--connections <n>', 'requests under way at a time', whole(1, 10_000), 64)
    .option('--seconds <n>', 'that are measured', whole(1, 3600), 10)
    .option('--warm-up <seconds>', 'before those', whole(0, 3600), 5)
    .option('--rate <n>', 'requests per second (default: as fast as it goes)', whole(1))
    .option('--json', 'one line of JSON on stdout')
    .action(async ({ connections, seconds, warmUp, rate, json }: Options) => {
      const { benchSubmit } = await import('../bench/submit-bench').catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
        throw new CliError('autocannon is not installed; run npm install without --omit=dev', EXIT.usage);
      });
      const { signal } = interruptSignal();
      const plan = {
        connections,
        seconds,
        warmUpSeconds: warmUp,
        ...(rate !== undefined && { perSecond: rate }),
      };
      const report = await benchSubmit(plan, signal, (line) => output.progress(line));
      output.answer(json ? `${JSON.stringify(report)}\n` : inWords(report));
    });
}

const inWords = (report: SubmitReport): string =>
  `${report.per_second} jobs a second over ${report.connections} connections; answers p50 ${report.p50_ms} ms, p99 ` +
  `${report.p99_ms} ms, max ${report.max_ms} ms; ${report.refused} refused, ${report.errors} without an answer\n` +
  `cores used: ${Object.entries(report.cores)
    .map(([name, cores]) => `${name} ${cores.toFixed(2)}`)
    .join(', ')}\n`;
