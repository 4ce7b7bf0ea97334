import {
  compareScaling,
  madeHistory,
  madeTraces,
  POLICIES,
  simulateTrace,
  type Against,
  type SimOptions,
  type TraceOutcome,
} from '@gistpool/sim';
import { InvalidArgumentError, type Command } from 'commander';
import { CliError, EXIT } from '../exit';
import type { Output } from '../output';
import { simText, verdictOf } from '../sim/sim-text';
import { positive, share, whole } from './options';

interface Options {
  readonly traces?: readonly string[];
  readonly trace: readonly string[];
  readonly history?: string;
  readonly against?: true;
  readonly within: number;
  readonly policies: readonly string[];
  readonly jobs: number;
  readonly cards: number;
  readonly seed: number;
  readonly kvBudgetMib: number;
  readonly eps: number;
  readonly ageingSeconds: number;
  readonly cold?: true;
  readonly sameMemory?: true;
  readonly scaling?: true;
  readonly html?: string;
  readonly json?: true;
}

/** Seeds of development are 1 to 99; figures are shown for this one. */
const SHOWN_SEED = 20_261;

const oneOf =
  (known: readonly string[]) =>
  (text: string): string[] => {
    const names = text.split(',');
    const wrong = names.find((name) => !known.includes(name));
    if (wrong === undefined) return names;
    throw new InvalidArgumentError(`"${wrong}" is none of ${known.join(', ')}.`);
  };

export function addSim(program: Command, output: Output): void {
  const made = madeTraces();
  program
    .command('sim')
    .description(
      'Simulate packing policies on traces, made ones or your own: goodput, overflows, waiting, coverage.',
    )
    .option(
      '--traces <names>',
      `made traces (default: all): ${[...made.keys()].join(', ')}`,
      oneOf([...made.keys()]),
    )
    .option('--trace <file>', 'a trace of your own (docs/simulator.md); may be repeated', collect, [])
    .option('--history <file>', 'a trace that the pool of --trace has seen before (default: a cold start)')
    .option('--against', 'hold the simulation against what was measured when --trace was recorded')
    .option(
      '--within <share>',
      'with --against: the most by which sessions and makespan may differ',
      share,
      0.1,
    )
    .option('--policies <names>', 'policies to run', oneOf(Object.keys(POLICIES)), Object.keys(POLICIES))
    .option('--jobs <n>', 'jobs of a made trace', whole(10, 10_000_000), 1000)
    .option('--cards <n>', 'cards', whole(1, 100_000), 2)
    .option('--seed <n>', 'of the made traces', whole(0), SHOWN_SEED)
    .option('--kv-budget-mib <n>', 'KV memory of each card', positive, 4096)
    .option('--eps <share>', 'the promise: share of jobs whose peak may exceed its prediction', share, 0.01)
    .option(
      '--ageing-seconds <n>',
      'after which a kind of job that was served nothing goes first',
      positive,
      600,
    )
    .option('--cold', 'begin without having seen any job of the kind')
    .option(
      '--same-memory',
      'compare with plain decoding of the same texts under the same KV budget; policies are given',
    )
    .option(
      '--scaling',
      'compare ways to scale a fleet of at most --cards cards: by predicted demand and by the length of the queue',
    )
    .option('--html <file>', 'write the report with its pictures there')
    .option('--json', 'one line of JSON on stdout')
    .action(async (options: Options) => {
      if (options.against) return runAgainst(options, output);
      if (options.sameMemory) return compare(options, output);
      if (options.scaling) return compareRules(options, output);
      const traces = await outcomesOf(options, output);
      if (options.html !== undefined) {
        const [{ simReport }, { writePage }] = await Promise.all([
          import('../sim/report/sim-report'),
          import('../eval/write-page'),
        ]);
        await writePage(options.html, simReport(traces, options));
      }
      const verdicts = traces.flatMap((one) => verdictOf(one) ?? []);
      const figures = traces.map(({ trace, outcomes }) => ({
        trace,
        policies: outcomes.map((one) => one.figures),
      }));
      const { seed, jobs, cards } = options;
      output.answer(
        options.json
          ? `${JSON.stringify({ seed, jobs, cards, kv_budget_mib: options.kvBudgetMib, verdicts, traces: figures })}\n`
          : simText(traces) + (options.html === undefined ? '' : `report: ${options.html}\n`),
      );
    });
}

/** Exit status 1: measured and simulated differ by more than they may. */
async function runAgainst(options: Options, output: Output): Promise<void> {
  if (options.trace.length === 0)
    throw new CliError('--against needs a recorded trace: --trace FILE', EXIT.usage);
  const [{ readTrace }, { simulateAgainst }, { againstText }] = await Promise.all([
    import('../sim/recorded-trace'),
    import('@gistpool/sim'),
    import('../sim/against-text'),
  ]);
  const history = options.history === undefined ? undefined : readTrace(options.history);
  const all = options.trace.map((path): Against => {
    const done = simulateAgainst(readTrace(path), history, options.within);
    if (!done.ok) throw new CliError(done.problem, done.isUnfit ? EXIT.usage : EXIT.failed);
    return done.against;
  });
  output.answer(options.json ? `${JSON.stringify({ traces: all })}\n` : all.map(againstText).join('\n'));
  if (!all.every(({ is_met: isMet }) => isMet)) process.exitCode = EXIT.failed;
}

async function compare(options: Options, output: Output): Promise<void> {
  const [{ sameMemory }, { sameMemoryText }] = await Promise.all([
    import('@gistpool/sim'),
    import('../sim/same-memory-text'),
  ]);
  const made = madeTraces();
  const sides = (options.traces ?? [...made.keys()]).flatMap((name) => {
    const make = made.get(name);
    return make ? sameMemory(name, make, simOptions(options), (text) => output.progress(text)) : [];
  });
  const { seed, jobs, cards, kvBudgetMib } = options;
  output.answer(
    options.json
      ? `${JSON.stringify({ seed, jobs, cards, kv_budget_mib: kvBudgetMib, sides })}\n`
      : sameMemoryText(sides),
  );
}

async function compareRules(options: Options, output: Output): Promise<void> {
  const { scalingText } = await import('../sim/scaling-text');
  const comparison = compareScaling(simOptions(options), (text) => output.progress(text));
  output.answer(options.json ? `${JSON.stringify(comparison)}\n` : scalingText(comparison));
}

const simOptions = (options: Options): SimOptions => ({
  ...options,
  ageingMs: 1000 * options.ageingSeconds,
  isCold: options.cold ?? false,
});

async function outcomesOf(options: Options, output: Output): Promise<TraceOutcome[]> {
  const say = (text: string) => output.progress(text);
  const settings = simOptions(options);
  if (options.trace.length > 0) {
    const { readTrace } = await import('../sim/recorded-trace');
    const history = options.history === undefined ? undefined : readTrace(options.history);
    return options.trace.map((path) =>
      simulateTrace(readTrace(path), history, options.policies, settings, say),
    );
  }
  const made = madeTraces();
  return (options.traces ?? [...made.keys()]).flatMap((name) => {
    const make = made.get(name);
    if (!make) return [];
    const history = settings.isCold ? undefined : madeHistory(make, options.seed);
    return simulateTrace(make(options.jobs, options.seed), history, options.policies, settings, say);
  });
}

const collect = (path: string, earlier: string[]): string[] => [...earlier, path];
