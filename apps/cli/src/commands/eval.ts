import { join } from 'node:path';
import type { ModelInfo } from '@gistpool/contracts';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { cancelAll } from '../eval/ask';
import { PoolClient } from '../client/pool-client';
import { bundledFiles } from '../eval/bundled';
import { compare } from '../eval/comparison';
import { comparisonLine, comparisonText } from '../eval/comparison-text';
import { itemsOf } from '../eval/items';
import { planRun, temperatureOf, tracedItems, type AskOptions } from '../eval/plan-run';
import { poolPlace, type PoolPlace } from '../eval/pool-place';
import { PROMPTS } from '../eval/prompt';
import { isRunFolder, RunFolder } from '../eval/run-folder';
import { MemoryStore, runItems, type RecordStore } from '../eval/run-items';
import { runLine, type Run } from '../eval/run-line';
import { runText } from '../eval/run-text';
import { assertWritable, writePage } from '../eval/write-page';
import { CliError, EXIT } from '../exit';
import { chooseModel, chooseModels, MODES, type Mode } from '../models';
import type { Output } from '../output';
import type { PoolOptions } from '../pool/plan';
import type { Puzzle } from '../puzzles/puzzle';
import { readPuzzles } from '../puzzles/read-puzzles';
import { count } from '../view/format';
import { JobsView } from '../view/jobs-view';
import { withPool } from '../with-pool';
import { addEvalCompare } from './eval-compare';
import { urlOption, whole, withPoolOptions } from './options';

interface EvalOptions extends PoolOptions, AskOptions {
  readonly url?: string;
  readonly mode?: Mode;
  readonly modelName?: string;
  readonly models?: readonly string[];
  readonly limit?: number;
  readonly out?: string;
  readonly html?: string;
  readonly trace: number;
  readonly traceItem: readonly string[];
  readonly json?: true;
}

export function addEval(program: Command, output: Output): void {
  const command = withPoolOptions(program.command('eval'), { port: 0 })
    .description(
      'Ask a model the questions of a data set and grade its answers: BIG-Bench Hard, GSM8K, MMLU, GPQA, or JSON lines {input, target}.',
    )
    .argument('<path>', 'a file of questions, a folder of such files, or - for stdin')
    .addOption(
      new Option('--mode <mode>', 'take a model that decodes so (lightthinker: thought level)').choices(
        MODES,
      ),
    )
    .option('--model-name <name>', 'take the model of this name')
    .addOption(
      new Option('--models <names>', 'ask several models, all or name,name, and compare them').argParser(
        names,
      ),
    )
    .option('--limit <n>', 'only the first n questions of each file', whole(1))
    .addOption(
      new Option('--prompt <style>', 'how to ask (default: bare for small models, else paper)').choices(
        PROMPTS,
      ),
    )
    .option('--samples <k>', 'ask each question k times and let the majority decide', whole(1, 1000), 1)
    .option('--temperature <t>', 'of sampling (default: 0, with several samples 0.6)', temperature)
    .option('--seed <s>', "of sampling and of the order of GPQA's options", whole(0, 2 ** 32 - 1), 0)
    .option('--max-tokens <n>', "most tokens of an answer (default: the model's)", whole(1, 1_000_000))
    .option('--out <dir>', 'keep every answer there; the same command goes on with what is missing')
    .option('--html <file>', 'write the report with its pictures there')
    .option('--trace <n>', 'keep the saw-tooth of the first n items of each family', whole(0), 2)
    .option('--trace-item <id>', 'keep the saw-tooth of this item too; may be repeated', collect, [])
    .option('--json', 'end with one line of JSON, alone on stdout')
    .addOption(urlOption())
    .action((path: string, options: EvalOptions) => evaluate(path, options, output));
  addEvalCompare(command, output);
}

async function evaluate(path: string, options: EvalOptions, output: Output): Promise<void> {
  assertOptionsAgree(options);
  const puzzles = await readPuzzles(path, {
    seed: options.seed,
    ...(options.limit !== undefined && { limit: options.limit }),
  });
  const traced = tracedItems(puzzles, options.trace, options.traceItem);
  const pages = await reportPaths(options);
  const place = await poolPlace(options);
  const names = options.models ?? (options.modelName === undefined ? [] : [options.modelName]);
  const isServingBundled = place.url === undefined && options.model.length === 0;
  const wish = { names, ...(options.mode !== undefined && { mode: options.mode }) };
  const model = isServingBundled ? await bundledFiles(wish) : options.model;
  const begun: Begun[] = [];
  try {
    await withPool({ ...options, ...place, model }, output, async (client, signal) => {
      const fleet = await client.fleet();
      const models =
        options.models === undefined ? [oneModel(fleet, options)] : chooseModels(fleet, options.models);
      for (const one of models) begun.push(begin(one, puzzles, path, options, models.length > 1));
      for (const run of begun) await finish(run, { client, puzzles, traced, signal, output });
    });
  } catch (error) {
    if (options.out === undefined) await place.remove?.();
    if (isInterrupted(error)) await sayWhatStays(begun, place, output);
    throw error;
  }
  await place.remove?.();
  await tell(begun.map(endOf), begun, options, pages, output);
}

const isInterrupted = (error: unknown): boolean =>
  error instanceof CliError && error.exitCode === EXIT.interrupted;

/** What is kept is said; what a pool that lives on would do for nobody is cancelled. */
async function sayWhatStays(begun: readonly Begun[], { url }: PoolPlace, output: Output): Promise<void> {
  for (const { info, store, folder } of begun) {
    if (folder !== undefined) {
      const answered = store.records.filter(({ state }) => state === 'completed').length;
      output.progress(
        `${info.model.name}: ${count(answered)} of ${count(info.items * info.samples)} answers are in ${folder.dir}; ` +
          `the same command goes on with the others\n`,
      );
    } else if (url !== undefined) {
      const cancelled = await cancelAll(new PoolClient(url), store.batches);
      if (cancelled > 0) output.progress(`${count(cancelled)} jobs that were not done are cancelled\n`);
    }
  }
}

/** Where the report goes; a place that cannot be written is named before anything is asked. */
async function reportPaths({ html, out }: EvalOptions): Promise<readonly string[]> {
  if (html !== undefined) await assertWritable(html);
  return [...(html === undefined ? [] : [html]), ...(out === undefined ? [] : [join(out, 'report.html')])];
}

function assertOptionsAgree(options: EvalOptions): void {
  temperatureOf(options);
  if (options.models === undefined) return;
  for (const [flag, value] of [
    ['--mode', options.mode],
    ['--model-name', options.modelName],
  ] as const)
    if (value !== undefined)
      throw new CliError(`--models and ${flag} both choose; give one of them`, EXIT.usage);
}

const oneModel = (fleet: Parameters<typeof chooseModel>[0], { modelName, mode }: EvalOptions): ModelInfo =>
  chooseModel(fleet, {
    ...(modelName !== undefined && { name: modelName }),
    ...(mode !== undefined && { mode }),
  });

interface Begun {
  readonly info: Run['info'];
  readonly store: RecordStore;
  readonly folder?: RunFolder;
}

/** Several models have a folder each below `--out`. */
function begin(
  model: ModelInfo,
  puzzles: readonly Puzzle[],
  path: string,
  options: EvalOptions,
  isOneOfMany: boolean,
): Begun {
  const wanted = planRun(model, puzzles, path, options);
  const { out } = options;
  if (out === undefined) return { info: wanted, store: new MemoryStore() };
  if (isOneOfMany && isRunFolder(out))
    throw new CliError(`${out} holds the run of one model; choose another --out for several`, EXIT.usage);
  const folder = RunFolder.open(isOneOfMany ? join(out, model.name) : out, wanted);
  return { info: folder.info, store: folder, folder };
}

interface Circumstances {
  readonly client: PoolClient;
  readonly puzzles: readonly Puzzle[];
  readonly traced: ReadonlySet<string>;
  readonly signal: AbortSignal;
  readonly output: Output;
}

/** Asks what is not answered yet. What an interrupted run has is in its folder. */
async function finish({ info, store, folder }: Begun, circumstances: Circumstances): Promise<void> {
  const { client, puzzles, traced, signal, output } = circumstances;
  const { name } = info.model;
  const say = (text: string) => output.progress(`${name}: ${text}\n`);
  const view = new JobsView(client, output);
  try {
    await runItems(client, info, puzzles, traced, store, signal, {
      begins: ({ answered, missing }) => {
        if (answered > 0)
          say(
            missing === 0
              ? `all ${count(answered)} answers are in ${folder?.dir ?? 'memory'} already; nothing is asked again`
              : `${count(answered)} answers are in ${folder?.dir ?? 'memory'} already; asking the ${count(missing)} that are missing`,
          );
        else say(`asking ${count(missing)} questions (${info.model.mode}, prompt ${info.prompt})`);
      },
      takenUp: (jobs) => say(`${count(jobs)} of them are with the pool from before and are not sent again`),
      progress: (progress) => view.show(progress),
    });
  } finally {
    view.clear();
  }
}

const endOf = ({ info, store }: Begun): Run => ({
  label: info.model.name,
  info,
  items: itemsOf(store.records),
});

async function tell(
  runs: readonly Run[],
  begun: readonly Begun[],
  options: EvalOptions,
  pages: readonly string[],
  output: Output,
): Promise<void> {
  const [first] = runs;
  if (first === undefined) throw new Error('no model was asked');
  const comparison = runs.length > 1 ? compare(runs) : undefined;
  for (const [at, run] of runs.entries()) begun[at]?.folder?.writeSummary(runLine(run));

  if (pages.length > 0) {
    const { reportHtml } = await import('../eval/report/report');
    const html = reportHtml(runs, comparison);
    for (const page of pages) await writePage(page, html);
  }

  const text = comparison === undefined ? runText(first) : comparisonText(comparison);
  const where = pages.map((page) => `report: ${page}\n`).join('');
  const line =
    comparison === undefined
      ? { ...runLine(first), ...(options.out !== undefined && { out: options.out }) }
      : { models: runs.map(runLine), comparison: comparisonLine(comparison) };
  if (options.json) output.progress(text + where);
  else output.answer(text + where);
  sayFailures(runs, output);
  if (options.json) output.answer(`${JSON.stringify(line)}\n`);
  if (runs.some(({ items }) => items.some(({ isCompleted }) => !isCompleted)))
    process.exitCode = EXIT.jobsFailed;
}

const SHOWN_FAILURES = 5;

function sayFailures(runs: readonly Run[], output: Output): void {
  const failures = runs.flatMap(({ label, items }) =>
    items.flatMap(({ samples }) =>
      samples
        .filter(({ state }) => state !== 'completed')
        .map(
          ({ id, state, error }) => `${label}: ${id} ${state}${error === undefined ? '' : `: ${error}`}\n`,
        ),
    ),
  );
  for (const failure of failures.slice(0, SHOWN_FAILURES)) output.progress(failure);
  if (failures.length > SHOWN_FAILURES)
    output.progress(`and ${count(failures.length - SHOWN_FAILURES)} more that were not completed\n`);
}

const collect = (value: string, earlier: readonly string[]): readonly string[] => [...earlier, value];

function names(text: string): readonly string[] {
  const list = text.split(',').map((name) => name.trim());
  if (list.every((name) => name !== '') && new Set(list).size === list.length) return list;
  throw new InvalidArgumentError('Expected all, or names of models with commas between them.');
}

function temperature(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 5) return value;
  throw new InvalidArgumentError('Expected a number from 0 to 5.');
}
