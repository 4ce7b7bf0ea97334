import { join } from 'node:path';
import type { Command } from 'commander';
import type { ParkKvType, ParkSide } from '../bench/park-bench';
import { CliError, EXIT } from '../exit';
import type { Output } from '../output';
import { ROOT } from '../root';
import { decimals, mean, percent, rounded } from '../view/format';
import { table } from '../view/table';
import { dataDirOption, kvTypes, randomOption, whole } from './options';

interface Options {
  readonly puzzles: string;
  readonly jobs: number;
  readonly kvTypes: readonly ParkKvType[];
  readonly cells: number;
  readonly threads: number;
  readonly random?: true;
  readonly dataDir: string;
  readonly json?: true;
}

const LONG_HORIZON = join(ROOT, 'models', 'puzzles', 'long-horizon.jsonl');
const SHARES = [0.25, 0.5, 0.75, 0.95];

export function addBenchPark(bench: Command, output: Output): void {
  bench
    .command('park')
    .description(
      'Parked sessions: bytes of their files and the time to park and to restore, LightThinker against the vanilla twin ' +
        'at the same shares of the same jobs. Ends with 1 when a text differs from the undisturbed one.',
    )
    .option('--puzzles <file>', 'other puzzles than the bundled ones', LONG_HORIZON)
    .option('--jobs <n>', 'puzzles, the first ones', whole(1), 12)
    .option('--kv-types <list>', 'precisions of the KV cache, comma-separated', kvTypes, ['f16', 'q8_0'])
    .option('--cells <n>', 'of the slot', whole(256), 2048)
    .addOption(randomOption())
    .addOption(dataDirOption())
    .option('--threads <n>', 'CPU threads', whole(1, 1024), 1)
    .option('--json', 'one line of JSON on stdout')
    .action(async (options: Options) => {
      const { benchPark } = await import('../bench/park-bench');
      const { workFor } = await import('../bench/work');
      const { cells, threads } = options;
      const work = await workFor({ ...options, learn: 0 });
      const sides: ParkSide[] = [];
      for await (const side of benchPark({
        work,
        kvTypes: options.kvTypes,
        shares: SHARES,
        cells,
        threads,
      })) {
        output.progress(`${side.kv_type} ${side.mode}: ${side.jobs} jobs, ${side.other_texts} other texts\n`);
        sides.push(side);
      }
      const ratios = options.kvTypes.map((kvType) => ratioOf(kvType, sides));
      output.answer(
        options.json
          ? `${JSON.stringify({ jobs: work.puzzles.length, threads, bytes_of_vanillas: ratios, sides })}\n`
          : `${asTable(sides)}\n${ratios.map(asLine).join('')}`,
      );
      const otherTexts = sides.reduce((sum, side) => sum + side.other_texts, 0);
      if (otherTexts > 0)
        throw new CliError(`${otherTexts} texts differ from the undisturbed run`, EXIT.failed);
      const replays = sides.reduce((sum, side) => sum + side.replays, 0);
      if (replays > 0) throw new CliError(`${replays} jobs were replayed, not restored`, EXIT.failed);
    });
}

interface ByteRatio {
  readonly kv_type: ParkKvType;
  /** Of the mean over all parks. */
  readonly all: number;
  readonly at: readonly { readonly share: number; readonly ratio: number }[];
}

function ratioOf(kvType: ParkKvType, sides: readonly ParkSide[]): ByteRatio {
  const bytesOf = (mode: ParkSide['mode']) =>
    (sides.find((side) => side.mode === mode && side.kv_type === kvType)?.at ?? []).map(
      ({ bytes_mean }) => bytes_mean,
    );
  const [compressed, vanilla] = [bytesOf('lightthinker'), bytesOf('vanilla')];
  return {
    kv_type: kvType,
    all: rounded(mean(compressed) / mean(vanilla), 3),
    at: SHARES.map((share, at) => ({
      share,
      ratio: rounded((compressed[at] ?? Number.NaN) / (vanilla[at] ?? Number.NaN), 3),
    })),
  };
}

const asTable = (sides: readonly ParkSide[]): string =>
  table(
    ['cache', 'side', 'parked at', 'cells', 'KiB', 'park', 'restore', 'other texts'],
    sides.flatMap(({ kv_type, mode, at, other_texts }) =>
      at.map(({ share, cells_mean, bytes_mean, park_ms_median, restore_ms_median }) => [
        kv_type,
        mode,
        percent(share),
        decimals(cells_mean, 0),
        decimals(bytes_mean / 1024, 0),
        `${decimals(park_ms_median, 2)} ms`,
        `${decimals(restore_ms_median, 2)} ms`,
        String(other_texts),
      ]),
    ),
  );

const asLine = ({ kv_type, all }: ByteRatio): string =>
  `${kv_type}: a parked LightThinker session takes ${decimals(all, 2)} of the bytes of its vanilla twin's\n`;
