import { join } from 'node:path';
import type { Command } from 'commander';
import type { BenchRow } from '../bench/engine-bench';
import type { Output } from '../output';
import { ROOT } from '../root';
import { table } from '../view/table';
import { dataDirOption, whole } from './options';

interface BenchEngineOptions {
  readonly dataDir: string;
  readonly runs: number;
  readonly tokens: number;
  readonly sessions: readonly number[];
  readonly threads: number;
  readonly patience: number;
  readonly pin?: true;
  readonly bundledOnly?: true;
  readonly json?: true;
}

const PROMPT_TOKENS = 64;
/** The public API is slow; its figure is wanted where many sessions run. */
const PUBLIC_API_SESSIONS = 32;

const list = (text: string): number[] => text.split(',').map(whole(1, 256));

export function addBenchEngine(bench: Command, output: Output): void {
  bench
    .command('engine')
    .description(
      "Compare the worker's decode loop with llama-batched-bench on the same libraries and models, and with node-llama-cpp's public API.",
    )
    .addOption(dataDirOption())
    .option('--runs <n>', 'alternating runs; medians are printed', whole(1, 99), 5)
    .option('--tokens <n>', 'tokens decoded per session', whole(32, 4096), 128)
    .option('--sessions <list>', 'sessions at once, comma-separated', list, [1, 8, 32])
    .option('--threads <n>', 'CPU threads of every contestant', whole(1, 1024), 1)
    .option(
      '--patience <seconds>',
      'in all, to wait for other programs and to measure again what they disturbed',
      whole(0, 86_400),
      300,
    )
    .option('--pin', 'keep every contestant to as many cores as it has threads: for a machine that is busy')
    .option('--bundled-only', 'only the bundled model')
    .option('--json', 'one line of JSON on stdout')
    .action(async (options: BenchEngineOptions) => {
      const rows = await measure(options, output);
      output.answer(options.json === true ? `${JSON.stringify({ rows })}\n` : rowsAsTable(rows));
    });
}

async function measure(options: BenchEngineOptions, output: Output): Promise<BenchRow[]> {
  // Loaded here, for they bring the engine along, for which no other command should wait.
  const [{ randomModel }, { benchEngine }, { Patience }, { buildPeer }, { keepToCores }] = await Promise.all([
    import('../bench/bench-models'),
    import('../bench/engine-bench'),
    import('../bench/patience'),
    import('../bench/peer'),
    import('../bench/cores'),
  ]);
  const folder = join(options.dataDir, 'bench');
  output.progress('building llama-batched-bench and the random model (kept in the data folder)\n');
  const peerBinary = await buildPeer(folder);
  if (options.pin) {
    const cores = await keepToCores(options.threads);
    output.progress(`all contestants run on core ${cores.join(', ')}\n`);
  }
  const bundled = {
    name: 'gistpool-nano-qwen2',
    modelPath: join(ROOT, 'models', 'gistpool-nano-qwen2.gguf'),
  };
  const candidates = options.bundledOnly
    ? [bundled]
    : [{ name: 'random-150m-q8_0', modelPath: await randomModel(folder) }, bundled];
  const patience = new Patience(options.patience);
  const rows: BenchRow[] = [];
  for (const candidate of candidates) {
    for (const sessions of options.sessions) {
      const { runs, tokens, threads } = options;
      const withPublicApi = sessions === PUBLIC_API_SESSIONS;
      const plan = {
        ...candidate,
        peerBinary,
        sessions,
        promptTokens: PROMPT_TOKENS,
        tokens,
        threads,
        runs,
        withPublicApi,
      };
      rows.push(await benchEngine(plan, patience, (line) => output.progress(line)));
    }
  }
  return rows;
}

function rowsAsTable(rows: readonly BenchRow[]): string {
  const speed = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(0));
  const ratio = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(2));
  return table(
    [
      'model',
      'sessions',
      'llama-batched-bench',
      'loop',
      'compressing',
      'public api',
      'loop/peer',
      'compressing/peer',
      'by CPU',
      'sampling',
      'loop/public',
    ],
    rows.map((row) => [
      row.model,
      String(row.sessions),
      speed(row.peer),
      speed(row.loop),
      speed(row.compressing),
      speed(row.public_api),
      ratio(row.loop_over_peer),
      ratio(row.compressing_over_peer),
      `${ratio(row.loop_per_cpu_over_peer)} ${ratio(row.compressing_per_cpu_over_peer)}`,
      `${(row.sampling_share * 100).toFixed(1)} %`,
      ratio(row.loop_over_public_api),
    ]),
  );
}
