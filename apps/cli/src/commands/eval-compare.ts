import { readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { compare } from '../eval/comparison';
import { comparisonLine, comparisonText } from '../eval/comparison-text';
import { itemsOf } from '../eval/items';
import { isRunFolder, RunFolder } from '../eval/run-folder';
import type { Run } from '../eval/run-line';
import { writePage } from '../eval/write-page';
import { CliError, EXIT } from '../exit';
import type { Output } from '../output';

interface CompareOptions {
  readonly baseline?: string;
  readonly common?: true;
  readonly html?: string;
  readonly json?: true;
}

export function addEvalCompare(evalCommand: Command, output: Output): void {
  evalCommand
    // Else eval would take --json and --html for its own.
    .enablePositionalOptions()
    .command('compare')
    .description("The paper's table of two or more runs, with 95 % confidence intervals.")
    .argument('<dirs...>', 'result folders of eval --out; a folder that holds several stands for all of them')
    .option('--baseline <name>', 'run to measure against (default: the vanilla run of the same architecture)')
    .option('--common', 'compare only the items that all runs have')
    .option('--html <file>', 'write the report with its pictures there')
    .option('--json', 'end with one line of JSON, alone on stdout')
    .action(async (dirs: readonly string[], options: CompareOptions) => {
      const runs = labelled(dirs.flatMap(runFolders).map((dir) => RunFolder.read(dir)));
      if (runs.length < 2)
        throw new CliError(`${dirs.join(' ')}: one run is no comparison; name two or more`, EXIT.usage);
      const comparison = compare(runs, {
        isCommonOnly: options.common ?? false,
        ...(options.baseline !== undefined && { baseline: options.baseline }),
      });
      if (options.html !== undefined) {
        const { reportHtml } = await import('../eval/report/report');
        await writePage(options.html, reportHtml(runs, comparison));
      }
      const text =
        comparisonText(comparison) + (options.html === undefined ? '' : `report: ${options.html}\n`);
      if (options.json) output.progress(text);
      else output.answer(text);
      if (options.json) output.answer(`${JSON.stringify(comparisonLine(comparison))}\n`);
    });
}

/** A result folder, or those right below. */
function runFolders(dir: string): string[] {
  if (isRunFolder(dir)) return [dir];
  let below: string[];
  try {
    below = readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(dir, entry.name))
      .filter(isRunFolder)
      .sort();
  } catch (error) {
    throw new CliError(`cannot read ${dir}: ${(error as Error).message}`, EXIT.usage);
  }
  if (below.length > 0) return below;
  throw new CliError(`${dir} is no result folder and holds none (made by eval --out)`, EXIT.usage);
}

/** By model; runs of the same model by their folders. */
function labelled(folders: readonly RunFolder[]): Run[] {
  return folders.map(({ dir, info, records }) => {
    const { name } = info.model;
    const isAlone = folders.filter((other) => other.info.model.name === name).length === 1;
    return { label: isAlone ? name : basename(resolve(dir)), info, items: itemsOf(records) };
  });
}
