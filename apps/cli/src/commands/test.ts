import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CliError, EXIT } from '../exit';
import type { Output } from '../output';
import { ROOT } from '../root';
import { whole } from './options';

const WHOLE_POOLS = '@gistpool/tests';
const REPORTER = join(ROOT, 'apps', 'cli', 'src', 'testing', 'count-reporter.ts');

/** The programs that a rung runs; see tests/k8s/tools/versions.txt. */
const RUN_BY_RUNGS = ['helm', 'kubeconform'];

export interface TestCount {
  readonly passed: number;
  readonly failed: number;
}

export function addTest(program: Command, output: Output): void {
  program
    .command('test')
    .description("Lint, check and test the project itself. The last line reads 'N passed, N failed'.")
    .argument('[parts...]', 'only these, e.g. core api tests')
    .option(
      '--k8s',
      'only what is about Kubernetes and images: builds helm and kubeconform with Go, once, then runs every rung',
    )
    .option('--chaos', 'only seeded random faults against whole pools, a run for each seed')
    .option('--runs <n>', 'with --chaos: so many', whole(1), 20)
    .option('--seed <n>', 'with --chaos: from this seed on', whole(0), 0)
    .option('--json', 'with --chaos: a line of JSON on stdout, and what the tests say on stderr')
    .action(async (parts: readonly string[], options: Options) => {
      const folder = await mkdtemp(join(tmpdir(), 'gistpool-tests-'));
      if (options.chaos) return chaos(options, folder, output);
      try {
        const only =
          parts.length === 0 ? [] : [`--projects=${parts.map((part) => `@gistpool/${part}`).join()}`];
        const isOfClusters = options.k8s === true;
        if (isOfClusters) await buildClusterTools(output);
        const checks = isOfClusters ? NONE : await nx([...only, '-t', 'lint', 'typecheck'], {}, output);
        // Reporters are named on the command line, where they replace vitest's own choice.
        const reporters = ['--reporter=default', `--reporter=${REPORTER}`];
        const run = (more: readonly string[], target = 'test') =>
          nx([...more, '-t', target, '--', ...reporters], { GISTPOOL_TEST_COUNTS: folder }, output);
        const whole = [`--projects=${WHOLE_POOLS}`];
        const tests = [
          isOfClusters ? await run(whole, 'test-k8s') : await run([...only, `--exclude=${WHOLE_POOLS}`]),
        ];
        // Whole pools have the machine to themselves: beside other tests their limits of time say little.
        if (!isOfClusters && (parts.length === 0 || parts.includes('tests'))) tests.push(await run(whole));
        const { passed, failed } = total(await readCounts(folder), checks, tests);
        output.answer(`${passed} passed, ${failed} failed\n`);
        if (failed > 0) process.exitCode = EXIT.failed;
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
}

interface Options {
  readonly k8s?: true;
  readonly chaos?: true;
  readonly runs: number;
  readonly seed: number;
  readonly json?: true;
}

/** The series writes what it found beside what its tests say. */
async function chaos({ runs, seed, json }: Options, folder: string, output: Output): Promise<void> {
  const report = join(folder, 'chaos.json');
  try {
    const env = {
      GISTPOOL_CHAOS_RUNS: String(runs),
      GISTPOOL_CHAOS_SEED: String(seed),
      GISTPOOL_CHAOS_REPORT: report,
    };
    const said = { ...output, answer: (text: string) => (json ? output.progress : output.answer)(text) };
    const run = await nx([`--projects=${WHOLE_POOLS}`, '-t', 'test-chaos'], env, said);
    const text = await readFile(report, 'utf8').catch(() => undefined);
    if (text === undefined) throw new CliError('the series broke off, see above', EXIT.failed);
    const series = JSON.parse(text) as { readonly runs: number; readonly failed: readonly unknown[] };
    const passed = series.runs - series.failed.length;
    // A run that broke off is in the series neither way.
    output.answer(json ? `${text}\n` : `${text}\n${passed} passed, ${runs - passed} failed\n`);
    if (run.exitCode !== 0 || passed < runs) process.exitCode = EXIT.failed;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface NxRun {
  readonly exitCode: number;
  readonly failedTasks: readonly string[];
}

const NONE: NxRun = { exitCode: 0, failedTasks: [] };

/** What cannot be built is missed by the rungs that need it: they skip and say so. */
function buildClusterTools(output: Output): Promise<void> {
  const child = spawn(join(ROOT, 'tests', 'k8s', 'tools', 'build.sh'), RUN_BY_RUNGS, {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => output.progress(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
}

/** A failed check counts as one failed test, and so does a project whose tests broke off before they could count. */
export function total(
  counts: ReadonlyMap<string, TestCount>,
  checks: NxRun,
  tests: readonly NxRun[],
): TestCount {
  const sum = (of: (count: TestCount) => number) =>
    [...counts.values()].reduce((all, count) => all + of(count), 0);
  const brokenOff = tests
    .flatMap(({ failedTasks }) => failedTasks)
    .filter((task) => (counts.get(projectOf(task))?.failed ?? 0) === 0).length;
  const failed = sum((count) => count.failed) + brokenOff + checks.failedTasks.length;
  const isBroken = [checks, ...tests].some(({ exitCode }) => exitCode !== 0);
  return { passed: sum((count) => count.passed), failed: isBroken ? Math.max(1, failed) : failed };
}

const projectOf = (task: string): string => task.slice(0, task.lastIndexOf(':'));

/** Nx lists the failed tasks at its end, as `- @gistpool/core:lint`. */
export function failedTasksIn(text: string): string[] {
  const end = text.slice(text.lastIndexOf('Failed tasks:'));
  return end.startsWith('Failed tasks:')
    ? [...end.matchAll(/^\s*- (\S+:\S+)\s*$/gm)].map(([, task = '']) => task)
    : [];
}

const KEPT_CHARS = 20_000;

function nx(args: readonly string[], env: NodeJS.ProcessEnv, output: Output): Promise<NxRun> {
  const bin = join(ROOT, 'node_modules', '.bin', 'nx');
  const child = spawn(process.execPath, [bin, 'run-many', '--parallel=2', '--output-style=stream', ...args], {
    cwd: ROOT,
    env: {
      ...process.env,
      NX_DAEMON: 'false',
      NX_NO_CLOUD: 'true',
      NX_TUI: 'false',
      FORCE_COLOR: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      tail = (tail + chunk).slice(-KEPT_CHARS);
      output.answer(chunk);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ exitCode: code ?? 1, failedTasks: failedTasksIn(tail) }));
  });
}

async function readCounts(folder: string): Promise<Map<string, TestCount>> {
  const counts = new Map<string, TestCount>();
  for (const file of await readdir(folder)) {
    const { project, passed, failed } = JSON.parse(
      await readFile(join(folder, file), 'utf8'),
    ) as TestCount & {
      project: string;
    };
    const before = counts.get(project) ?? { passed: 0, failed: 0 };
    counts.set(project, { passed: before.passed + passed, failed: before.failed + failed });
  }
  return counts;
}
