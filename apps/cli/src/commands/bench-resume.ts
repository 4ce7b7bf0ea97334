import { join } from 'node:path';
import type { Command } from 'commander';
import type { ResumeReport } from '../bench/resume-bench';
import { CliError, EXIT } from '../exit';
import { interruptSignal } from '../interrupt';
import type { Output } from '../output';
import { readPuzzles } from '../puzzles/read-puzzles';
import { ROOT } from '../root';
import { decimals, percent } from '../view/format';
import { table } from '../view/table';
import { whole } from './options';

interface Options {
  readonly puzzles: string;
  readonly jobs: number;
  readonly kills: number;
  readonly threads: number;
  readonly json?: true;
}

const LONG_HORIZON = join(ROOT, 'models', 'puzzles', 'long-horizon.jsonl');

export function addBenchResume(bench: Command, output: Output): void {
  bench
    .command('resume')
    .description(
      'kill -9 of a worker in the midst of its sessions: how many thoughts are decoded again, and whether every text is ' +
        'that of an uninterrupted run. A pool of its own, f32 KV. Ends with 1 when a text differs.',
    )
    .option('--puzzles <file>', 'other puzzles than the bundled ones', LONG_HORIZON)
    .option('--jobs <n>', 'puzzles decoded at once, the first ones', whole(1), 8)
    .option('--kills <n>', 'each in a run of all puzzles; medians are printed', whole(1, 99), 9)
    .option('--threads <n>', 'CPU threads of the worker', whole(1, 1024), 1)
    .option('--json', 'one line of JSON on stdout')
    .action(async (options: Options) => {
      const { benchResume } = await import('../bench/resume-bench');
      const puzzles = (await readPuzzles(options.puzzles)).slice(0, options.jobs);
      const { kills, threads } = options;
      const report = await benchResume({ puzzles, kills, threads }, interruptSignal().signal, (line) =>
        output.progress(line),
      );
      output.answer(
        options.json
          ? `${JSON.stringify({ jobs: puzzles.length, kills, threads, ...report })}\n`
          : asTable(report),
      );
      if (report.other_texts > 0)
        throw new CliError(`${report.other_texts} texts differ from the uninterrupted run`, EXIT.failed);
    });
}

const asTable = ({ each }: ResumeReport): string =>
  table(
    ['killed at', 'sessions', 'thoughts again', 'at most', 'replayed tokens', 'away', 'other texts'],
    each.map((report) => [
      percent(report.at),
      String(report.sessions_killed),
      decimals(report.thoughts_again_mean, 2),
      String(report.thoughts_again_most),
      decimals(report.replayed_tokens_mean, 0),
      `${decimals(report.away_s, 1)} s`,
      String(report.other_texts),
    ]),
  );
