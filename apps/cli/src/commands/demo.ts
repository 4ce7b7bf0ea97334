import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ModelInfo } from '@gistpool/contracts';
import type { Command } from 'commander';
import { PoolClient } from '../client/pool-client';
import { CliError, EXIT } from '../exit';
import { chooseModel } from '../models';
import type { Output } from '../output';
import type { PoolOptions } from '../pool/plan';
import type { Puzzle } from '../puzzles/puzzle';
import { readPuzzles } from '../puzzles/read-puzzles';
import { ROOT } from '../root';
import { runPuzzles, type Attempt } from '../run-puzzles';
import { summarise, type Summary } from '../summary';
import { count, decimals, mebibytes, percent, rounded } from '../view/format';
import { JobsView } from '../view/jobs-view';
import { table } from '../view/table';
import { runningPool, withPool } from '../with-pool';
import { urlOption, whole, withPoolOptions } from './options';

const LEAST_JOBS = 48;
const DEMO_PUZZLES = join(ROOT, 'models', 'puzzles', 'demo.jsonl');
/** KV memory for which the table says how many sessions fit. */
const EXAMPLE_KV_BYTES = 64 * 1024 * 1024;

interface DemoOptions extends PoolOptions {
  readonly url?: string;
  readonly jobs: number;
  readonly puzzles: string;
  readonly json?: true;
}

interface Side {
  readonly model: ModelInfo;
  readonly attempts: readonly Attempt[];
  readonly summary: Summary;
}

export function addDemo(program: Command, output: Output): void {
  withPoolOptions(program.command('demo'), { port: 0 })
    .description(
      'Puzzles through the REST api, to a LightThinker model and its vanilla twin, and what compression saved.',
    )
    .option('--jobs <n>', 'puzzles, 48 or more', whole(LEAST_JOBS), LEAST_JOBS)
    .option('--puzzles <file>', 'other puzzles than the bundled ones', DEMO_PUZZLES)
    .option('--json', 'end with one line of JSON, alone on stdout')
    .addOption(urlOption())
    .action(async (options: DemoOptions) => {
      const puzzles = repeated(await readPuzzles(options.puzzles), options.jobs);
      const place = await demoPlace(options);
      try {
        await withPool({ ...options, ...place }, output, (client, signal) =>
          demo(client, puzzles, options, output, signal),
        );
      } finally {
        if (place.temporary !== undefined) await rm(place.temporary, { recursive: true, force: true });
      }
    });
}

async function demo(
  client: PoolClient,
  puzzles: readonly Puzzle[],
  options: DemoOptions,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const fleet = await client.fleet();
  const models = [
    chooseModel(fleet, { mode: 'lightthinker' }),
    chooseModel(fleet, { mode: 'vanilla' }),
  ] as const;
  const startedAtMs = Date.now();
  const view = new JobsView(client, output);
  const progress = models.map(() => ({ ended: 0, completed: 0, total: puzzles.length }));
  // Both at the same time: two cards, two models.
  const sides = await Promise.all(
    models.map(async (model, at): Promise<Side> => {
      const attempts = await runPuzzles(client, model.name, puzzles, signal, async (now) => {
        progress[at] = now;
        await view.show(sum(progress));
      });
      return { model, attempts, summary: summarise(attempts) };
    }),
  );
  view.clear();
  const [light, vanilla] = sides;
  if (light === undefined || vanilla === undefined) throw new Error('both models were asked');
  const seconds = rounded((Date.now() - startedAtMs) / 1000, 2);

  const report = reportOf(light, vanilla, seconds);
  if (options.json) {
    output.progress(report);
    output.answer(`${JSON.stringify(machineLine(light, vanilla, seconds))}\n`);
  } else {
    output.answer(report);
  }
  if (light.summary.failed + vanilla.summary.failed > 0) process.exitCode = EXIT.jobsFailed;
}

/** A pool that runs on the data folder is used when it can be; a demo's own pool lives in a folder of its own. */
async function demoPlace(
  options: DemoOptions,
): Promise<{ dataDir: string; url?: string; temporary?: string }> {
  const { dataDir, url = runningPool(dataDir)?.url } = options;
  if (options.url !== undefined) return { dataDir, url: options.url };
  if (url !== undefined && (await servesBoth(url))) return { dataDir, url };
  const own = join(resolve(dataDir), 'demo');
  if (runningPool(own) === undefined && !existsSync(join(own, 'pool.json'))) return { dataDir: own };
  const temporary = await mkdtemp(join(tmpdir(), 'gistpool-demo-'));
  return { dataDir: temporary, temporary };
}

async function servesBoth(url: string): Promise<boolean> {
  const fleet = await new PoolClient(url).fleet();
  return (['lightthinker', 'vanilla'] as const).every((method) =>
    fleet.cards.some((card) => card.method === method),
  );
}

function repeated(puzzles: readonly Puzzle[], jobs: number): Puzzle[] {
  return Array.from({ length: jobs }, (_, index) => {
    const puzzle = puzzles[index % puzzles.length];
    if (puzzle === undefined) throw new CliError('the demo has no puzzles');
    return puzzle;
  });
}

const sum = (parts: readonly { ended: number; completed: number; total: number }[]) => ({
  ended: parts.reduce((total, part) => total + part.ended, 0),
  completed: parts.reduce((total, part) => total + part.completed, 0),
  total: parts.reduce((total, part) => total + part.total, 0),
});

/** How many more sessions the same KV memory holds, by mean peak. */
const sessionsRatio = (light: Summary, vanilla: Summary): number =>
  light.peakCellsMean === 0 ? 0 : rounded(vanilla.peakCellsMean / light.peakCellsMean, 3);

const machineLine = (light: Side, vanilla: Side, seconds: number) => ({
  jobs: light.summary.items,
  completed: light.summary.completed,
  failed: light.summary.failed,
  accuracy: light.summary.accuracy,
  peak_cells_mean: light.summary.peakCellsMean,
  vanilla_peak_cells_mean: vanilla.summary.peakCellsMean,
  sessions_ratio: sessionsRatio(light.summary, vanilla.summary),
  seconds,
  vanilla_accuracy: vanilla.summary.accuracy,
  vanilla_completed: vanilla.summary.completed,
  vanilla_failed: vanilla.summary.failed,
});

function reportOf(light: Side, vanilla: Side, seconds: number): string {
  const row = (label: string, of: (side: Side) => string) => [label, of(light), of(vanilla)];
  const sessionsThatFit = ({ model, summary }: Side) =>
    summary.peakCellsMean === 0
      ? '-'
      : count(Math.floor(EXAMPLE_KV_BYTES / (model.kv_bytes_per_cell * summary.peakCellsMean)));
  const rows = [
    row('model', (side) => side.model.name),
    row('puzzles completed', ({ summary }) => `${count(summary.completed)} of ${count(summary.items)}`),
    row('right answers', ({ summary }) => percent(summary.accuracy)),
    row('mean peak cells', ({ summary }) => decimals(summary.peakCellsMean, 1)),
    row('mean Dep', ({ summary }) => count(summary.depMean)),
    row('mean tokens', ({ summary }) => decimals(summary.generatedTokensMean, 1)),
    row('mean thoughts', ({ summary }) => decimals(summary.thoughtsMean, 1)),
    row(`sessions in ${mebibytes(EXAMPLE_KV_BYTES)} of KV`, sessionsThatFit),
  ];
  const ratio = sessionsRatio(light.summary, vanilla.summary);
  return (
    table(['', 'LightThinker', 'vanilla'], rows) +
    `\nThe same KV memory holds ${decimals(ratio, 2)} x the sessions. ` +
    `${count(light.summary.items + vanilla.summary.items)} jobs in ${decimals(seconds, 1)} s.\n`
  );
}
