import { join } from 'node:path';
import type { Command } from 'commander';
import type { KvTypeRow } from '../bench/kv-type-bench';
import type { ParkKvType } from '../bench/park-bench';
import { bundledFiles } from '../eval/bundled';
import { CliError, EXIT } from '../exit';
import type { Output } from '../output';
import { readPuzzles } from '../puzzles/read-puzzles';
import { ROOT } from '../root';
import { decimals, percent } from '../view/format';
import { table } from '../view/table';
import { kvTypes, whole } from './options';

interface Options {
  readonly puzzles: string;
  readonly jobs?: number;
  readonly forced: number;
  readonly models?: readonly string[];
  readonly kvTypes: readonly ParkKvType[];
  readonly sessions: number;
  readonly cells: number;
  readonly threads: number;
  readonly json?: true;
}

const HELD_OUT = join(ROOT, 'models', 'puzzles', 'heldout.jsonl');

export function addBenchKvType(bench: Command, output: Output): void {
  bench
    .command('kv-type')
    .description(
      'What a coarser KV cache costs: puzzles graded with f32, f16 and q8_0, and how far log-probabilities move when the ' +
        'tokens of the f32 run are forced.',
    )
    .option('--puzzles <file>', 'other puzzles than the bundled held-out ones', HELD_OUT)
    .option('--jobs <n>', 'only so many of them, spread over all', whole(1))
    .option('--forced <n>', 'puzzles whose log-probabilities are compared', whole(1), 24)
    .option('--models <list>', 'bundled models by name, with commas (default: a pair of twins)', (text) =>
      text.split(','),
    )
    .option('--kv-types <list>', 'precisions to hold against f32, comma-separated', kvTypes, ['f16', 'q8_0'])
    .option('--sessions <n>', 'decoded at once', whole(1, 256), 16)
    .option('--cells <n>', 'of a slot', whole(256), 2048)
    .option('--threads <n>', 'CPU threads', whole(1, 1024), 1)
    .option('--json', 'one line of JSON on stdout')
    .action(async (options: Options) => {
      const { benchKvTypes } = await import('../bench/kv-type-bench');
      const all = await readPuzzles(options.puzzles);
      const { jobs = all.length, forced, sessions, cells, threads } = options;
      const puzzles = all.filter(
        (_, at) => Math.floor((at * jobs) / all.length) !== Math.floor(((at - 1) * jobs) / all.length),
      );
      const modelPaths = await pathsOf(options.models);
      const rows: KvTypeRow[] = [];
      const plan = { modelPaths, kvTypes: options.kvTypes, puzzles, forced, sessions, cells, threads };
      for await (const row of benchKvTypes(plan)) {
        output.progress(`${row.model} ${row.kv_type}: ${row.right} of ${row.items} right\n`);
        rows.push(row);
      }
      output.answer(
        options.json ? `${JSON.stringify({ jobs: puzzles.length, forced, rows })}\n` : asTable(rows),
      );
    });
}

async function pathsOf(names: readonly string[] | undefined): Promise<string[]> {
  const found =
    names === undefined
      ? (
          await Promise.all(
            (['lightthinker', 'vanilla'] as const).map((mode) => bundledFiles({ names: [], mode })),
          )
        ).flat()
      : await bundledFiles({ names });
  if (found.length === 0) throw new CliError('models/ holds none of these models', EXIT.modelRefused);
  return found;
}

const asTable = (rows: readonly KvTypeRow[]): string =>
  table(
    [
      'model',
      'cache',
      'right',
      'lost, won',
      'same text',
      'divergence',
      'chosen moves',
      'at most',
      'other choice',
    ],
    rows.map(({ model, kv_type, items, right, lost, won, same_texts, shift }) => [
      model,
      kv_type,
      percent(right / items),
      `${lost}, ${won}`,
      percent(same_texts / items),
      ...(shift === undefined
        ? ['', '', '', '']
        : [
            shift.divergence_mean.toExponential(1),
            shift.chosen_mean.toExponential(1),
            decimals(shift.chosen_most, 3),
            `${shift.other_choices} of ${shift.places}`,
          ]),
    ]),
  );
