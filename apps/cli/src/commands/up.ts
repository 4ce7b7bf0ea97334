import type { Command } from 'commander';
import { EXIT } from '../exit';
import { interruptSignal } from '../interrupt';
import type { Output } from '../output';
import { planPool, type PoolOptions } from '../pool/plan';
import { Pool } from '../pool/pool';
import { withPoolOptions } from './options';

const DEFAULT_PORT = 7410;

export function addUp(program: Command, output: Output): void {
  withPoolOptions(program.command('up'), { port: DEFAULT_PORT })
    .description(
      'Run a whole pool on this machine until Ctrl-C: Redis, api, scheduler, and a worker for each model.',
    )
    .option('--verbose', "show every process's log lines")
    .addHelpText(
      'after',
      '\nPrints the URL of the pool on stdout when it takes jobs. Logs: <data dir>/logs.\n',
    )
    .action(async (options: PoolOptions & { verbose?: true }) => {
      const { signal, onSecond } = interruptSignal();
      const pool = await Pool.start(
        planPool(options),
        {
          notice: (text) => output.progress(`gistpool: ${text}\n`),
          ...(options.verbose && { line: (name, text) => output.progress(`${name} | ${text}\n`) }),
        },
        signal,
      );
      onSecond(() => {
        pool.kill();
        process.exit(EXIT.interrupted);
      });
      output.answer(`${pool.url}\n`);
      output.progress('gistpool: the pool takes jobs; Ctrl-C ends it\n');
      try {
        await Promise.race([pool.broken, aborted(signal)]);
        output.progress('gistpool: ending; jobs in the slots keep their checkpoints\n');
      } finally {
        await pool.stop();
      }
    });
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
