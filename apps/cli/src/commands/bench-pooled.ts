import type { Command } from 'commander';
import type { CostRow, ExactnessRow, LevelRow } from '../bench/pooled-bench';
import type { Output } from '../output';
import { table } from '../view/table';
import { whole } from './options';

interface BenchPooledOptions {
  readonly steps: number;
  readonly seed: number;
  readonly rounds: number;
  readonly sessions: number;
  readonly cells: readonly number[];
  readonly json?: true;
}

const PER_POOL = [1, 4, 8, 16];
/** Sessions of 4 pools of 8. */
const UNEVEN = [
  [8, 8, 8, 7],
  [8, 8, 8, 2],
  [8, 2, 2, 2],
];

const list = (text: string): number[] => text.split(',').map(whole(16, 65_536));

export function addBenchPooled(bench: Command, output: Output): void {
  bench
    .command('pooled')
    .description(
      'Pools that sessions share, against cells of their own: whether all logits are the same through random arrivals, ' +
        'evictions, cancels, parks and moves, and what a step costs. Needs gistpool engine build.',
    )
    .option('--steps <n>', 'steps of the comparison', whole(0), 10_000)
    .option('--seed <n>', 'of the dice', whole(0), 1)
    .option('--rounds <n>', 'alternating steps whose times are compared', whole(0), 60)
    .option('--sessions <n>', 'sessions decoded at once for the times; a multiple of 16', whole(16, 256), 32)
    .option('--cells <list>', 'cells of each session for the times, comma-separated', list, [256, 1024])
    .option('--json', 'one line of JSON on stdout')
    .action(async (options: BenchPooledOptions) => {
      const { exactness, nameOf, stepCost, unevenCost } = await import('../bench/pooled-bench');
      const { steps, seed, rounds, sessions } = options;
      const exact = steps === 0 ? [] : await exactness(steps, seed, (line) => output.progress(line));
      const cost: CostRow[] = [];
      for (const cellsPerSession of rounds === 0 ? [] : options.cells) {
        output.progress(`step cost at ${cellsPerSession} cells a session\n`);
        cost.push(...(await stepCost({ sessions, cellsPerSession, perPool: PER_POOL, rounds })));
      }
      const plan = { sessions: 32, cellsPerSession: 256, perPool: [8], rounds, flashAttention: true };
      const uneven = rounds === 0 ? [] : await unevenCost(plan, UNEVEN);
      const maxDeltaLogit = Math.max(0, ...exact.map((row) => row.maxDeltaLogit));
      output.answer(
        options.json === true
          ? `${JSON.stringify({ steps, seed, max_delta_logit: maxDeltaLogit, exactness: exact, step_cost: cost, uneven })}\n`
          : [exactnessTable(exact, nameOf), costTable(cost), unevenTable(uneven)].join('\n'),
      );
    });
}

const exactnessTable = (rows: readonly ExactnessRow[], nameOf: (row: ExactnessRow) => string): string =>
  table(
    ['pools', 'steps', 'rows', 'largest |delta logit|', 'parks', 'moves', 'evictions'],
    rows.map((row) => [
      nameOf(row),
      String(row.steps),
      String(row.comparedRows),
      row.maxDeltaLogit.toExponential(1),
      String(row.events.parks),
      String(row.events['moves to another pool'] + row.events['moves inside a pool']),
      String(row.events.evictions),
    ]),
  );

const costTable = (rows: readonly CostRow[]): string =>
  table(
    ['cells a session', 'flash attention', 'sessions a pool', 'ms a step', 'to 1 a pool without'],
    rows.map((row) => [
      String(row.cells_per_session),
      row.flash_attention ? 'yes' : 'no',
      String(row.sessions_per_pool),
      row.step_ms.toFixed(2),
      row.ratio.toFixed(2),
    ]),
  );

const unevenTable = (rows: readonly LevelRow[]): string =>
  table(
    ['sessions of the pools', 'with fillers', 'cut into passes'],
    rows.map((row) => [
      row.sessions_of_pools.join(' '),
      row.filled_ratio.toFixed(2),
      row.cut_ratio.toFixed(2),
    ]),
  );
