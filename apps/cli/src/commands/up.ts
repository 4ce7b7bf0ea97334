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
    .option('--require-key', 'ask for keys also where only this machine reaches the api (gistpool keys)')
    .option('--verbose', "show every process's log lines")
    .addHelpText(
      'after',
      '\nPrints the URL of the pool on stdout when it takes jobs. Logs: <data dir>/logs.\n',
    )
    .action(async (options: PoolOptions & { verbose?: true }) => {
      const { signal, onSecond } = interruptSignal();
      await tellOfPools(options, output);
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

/** The workers log it, too; here it is seen. */
async function tellOfPools({ poolSessions = 1, model, device }: PoolOptions, output: Output): Promise<void> {
  if (poolSessions === 1) return;
  const { backendFor, findPooledLibrary, withoutPools } = await import('@gistpool/engine/pooled-library');
  const backend = backendFor(
    (device ?? (model.length === 0 ? 'cpu' : 'auto')) as Parameters<typeof backendFor>[0],
  );
  const found =
    backend === undefined
      ? ({ ok: false, reason: 'there is none for metal' } as const)
      : findPooledLibrary(backend);
  if (!found.ok) output.progress(`gistpool: ${withoutPools(poolSessions, found.reason)}\n`);
}
