import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { isTerminal } from '@gistpool/contracts';
import type { PoolClient } from '../client/pool-client';
import { CliError, EXIT } from '../exit';
import type { Output } from '../output';
import type { PoolOptions } from '../pool/plan';
import { fleetLines, fleetSummary } from '../view/fleet-view';
import { JobStory } from '../view/job-story';
import { LiveScreen } from '../view/live-screen';
import { paint } from '../view/paint';
import { withPool } from '../with-pool';
import { urlOption, withPoolOptions } from './options';

const REFRESH_MS = 250;

interface WatchOptions extends PoolOptions {
  readonly url?: string;
  readonly once?: true;
  readonly json?: true;
}

export function addWatch(program: Command, output: Output): void {
  withPoolOptions(program.command('watch'), { port: 0 })
    .description('Watch the fleet at work, or follow one job until its end.')
    .argument('[job]', "a job's id")
    .option('--once', 'show the fleet once and end')
    .option('--json', 'one JSON line per event of the job, or per look at the fleet')
    .addOption(urlOption())
    .action(async (job: string | undefined, options: WatchOptions) => {
      const watch = withPool(options, output, (client, signal) =>
        job === undefined
          ? watchFleet(client, options, output, signal)
          : followJob(client, job, options, output, signal),
      );
      // Ctrl-C is how watching ends.
      await watch.catch((error: unknown) => {
        if (!(error instanceof CliError && error.exitCode === EXIT.interrupted)) throw error;
      });
    });
}

async function watchFleet(
  client: PoolClient,
  options: WatchOptions,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const screen = new LiveScreen(output);
  for (;;) {
    const fleet = await client.fleet();
    const lines = () => fleetLines(fleet, output, paint(output.hasColor));
    if (options.json) output.answer(`${JSON.stringify(fleet)}\n`);
    else if (options.once) output.answer(`${lines().join('\n')}\n`);
    else screen.show(lines(), fleetSummary(fleet));
    if (options.once) return;
    try {
      await sleep(REFRESH_MS, undefined, { signal });
    } catch {
      return screen.clear();
    }
  }
}

async function followJob(
  client: PoolClient,
  id: string,
  options: WatchOptions,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const story = new JobStory();
  for await (const event of client.events(id, signal)) {
    output.answer(options.json ? `${JSON.stringify(event)}\n` : story.tell(event));
    if (event.type === 'state' && isTerminal(event.state) && event.state !== 'completed') {
      process.exitCode = EXIT.jobsFailed;
    }
  }
}
