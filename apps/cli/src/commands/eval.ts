import { Option, type Command } from 'commander';
import { EXIT } from '../exit';
import { chooseModel, type Mode } from '../models';
import type { Output } from '../output';
import type { PoolOptions } from '../pool/plan';
import { readPuzzles } from '../puzzles/puzzle';
import { runPuzzles, type Attempt } from '../run-puzzles';
import { summarise, type Summary } from '../summary';
import { count, decimals, percent, rounded } from '../view/format';
import { JobsView } from '../view/jobs-view';
import { table } from '../view/table';
import { withPool } from '../with-pool';
import { urlOption, whole, withPoolOptions } from './options';

interface EvalOptions extends PoolOptions {
  readonly url?: string;
  readonly mode?: Mode;
  readonly modelName?: string;
  readonly limit?: number;
  readonly json?: true;
}

export function addEval(program: Command, output: Output): void {
  withPoolOptions(program.command('eval'), { port: 0 })
    .description(
      "Answer a file's questions and grade them: BIG-Bench Hard's JSON, or JSON lines {input, target}.",
    )
    .argument('<file>', 'the questions, - for stdin')
    .addOption(
      new Option('--mode <mode>', 'take a model that decodes so').choices(['lightthinker', 'vanilla']),
    )
    .option('--model-name <name>', 'take the model of this name')
    .option('--limit <n>', 'only the first n questions', whole(1))
    .option('--json', 'end with one line of JSON, alone on stdout')
    .addOption(urlOption())
    .action(async (file: string, options: EvalOptions) => {
      const puzzles = (await readPuzzles(file)).slice(0, options.limit);
      await withPool(options, output, async (client, signal) => {
        const model = chooseModel(await client.fleet(), {
          ...(options.modelName !== undefined && { name: options.modelName }),
          ...(options.mode !== undefined && { mode: options.mode }),
        });
        const startedAtMs = Date.now();
        const view = new JobsView(client, output);
        const attempts = await runPuzzles(client, model.name, puzzles, signal, (progress) =>
          view.show(progress),
        );
        view.clear();
        const seconds = rounded((Date.now() - startedAtMs) / 1000, 2);
        const summary = summarise(attempts);
        const report =
          table(['family', 'items', 'right'], familyRows(attempts)) + totals(summary, model.name, seconds);
        if (options.json) output.progress(report);
        else output.answer(report);
        if (options.json) output.answer(`${JSON.stringify(machineLine(summary, model, seconds))}\n`);
        if (summary.failed > 0) process.exitCode = EXIT.jobsFailed;
      });
    });
}

const machineLine = (summary: Summary, model: { name: string; method: string }, seconds: number) => ({
  accuracy: summary.accuracy,
  items: summary.items,
  failed: summary.failed,
  peak_cells_mean: summary.peakCellsMean,
  dep_mean: summary.depMean,
  generated_tokens_mean: summary.generatedTokensMean,
  thoughts_mean: summary.thoughtsMean,
  seconds,
  mode: model.method,
  model: model.name,
});

function familyRows(attempts: readonly Attempt[]): string[][] {
  const families = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const { family } = attempt.puzzle;
    families.set(family, [...(families.get(family) ?? []), attempt]);
  }
  return [...families].map(([family, of]) => {
    const { items, accuracy } = summarise(of);
    return [family, count(items), percent(accuracy)];
  });
}

const totals = (summary: Summary, model: string, seconds: number): string =>
  [
    '',
    `${model}: ${percent(summary.accuracy)} of ${count(summary.items)} right in ${decimals(seconds, 1)} s` +
      (summary.failed > 0 ? `, ${count(summary.failed)} failed` : ''),
    `mean per item: peak ${decimals(summary.peakCellsMean, 1)} cells, Dep ${count(summary.depMean)}, ` +
      `${decimals(summary.generatedTokensMean, 1)} tokens in ${decimals(summary.thoughtsMean, 1)} thoughts`,
    '',
  ].join('\n');
