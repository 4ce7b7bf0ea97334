import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { CliError } from '../exit';
import { ROOT } from '../root';
import { builtPeer } from './peer-build';
import { linkedLibraries } from './shipped';
import { ownReading, type Reading, type Speed, speedBetween } from './speed';

const run = promisify(execFile);
const CLOCK = join(ROOT, 'apps', 'cli', 'src', 'bench', 'peer-clock.cpp');
const CLOCK_LINE = /^peer-clock (\d+) (\d+)$/;
/** Before and after the prompts, before and after the decoded tokens. */
const CLOCK_READINGS = 4;

/**
 * Builds llama-batched-bench in a few seconds; only its clock is wrapped (peer-clock.cpp). Kept below `parent`.
 */
export const buildPeer = (parent: string): Promise<string> =>
  builtPeer({
    folder: resolve(parent, 'peer'),
    binary: 'llama-batched-bench-timed',
    name: 'llama-batched-bench',
    compile: async (source, libraries, draft) => {
      const include = ['include', 'ggml/include', 'common', 'vendor'].map(
        (part) => `-I${join(source, part)}`,
      );
      const files = ['batched-bench.cpp', 'main.cpp'].map((file) =>
        join(source, 'tools', 'batched-bench', file),
      );
      await run('g++', [
        '-O2',
        '-std=c++17',
        ...include,
        ...files,
        CLOCK,
        '-Wl,--wrap=ggml_time_us',
        '-o',
        draft,
        ...linkedLibraries(libraries),
        '-Wl,-rpath,$ORIGIN',
        '-Wl,--allow-shlib-undefined',
      ]);
    },
  });

/** What every contestant does. All have the same cells per session, ubatch, threads and cache type, and no flash attention. */
export interface Load {
  readonly modelPath: string;
  readonly sessions: number;
  readonly promptTokens: number;
  /** Room of a session after its prompt. */
  readonly tokens: number;
  readonly threads: number;
}

/** Prompt tokens in one pass: the batch of every contestant. */
export const PASS_TOKENS = 512;

/** Decode steps that are timed, right after the prompts. The rest of its room keeps a session from ending before. */
export const timedSteps = (load: Load): number => Math.floor(load.tokens * 0.8);

/** Decodes as many tokens per session as the loop, of random ids; asks for each one's logits, but samples nothing. */
export async function peerSpeed(binary: string, load: Load): Promise<Speed> {
  const child = spawn(binary, peerArguments(load), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, CUDA_VISIBLE_DEVICES: '' },
  });
  const readings: Reading[] = [];
  const said: string[] = [];
  const lines = createInterface({ input: child.stderr }).on('line', (line) => {
    const [, wall, cpu] = CLOCK_LINE.exec(line) ?? [];
    if (wall === undefined || cpu === undefined) said.push(line);
    else {
      const { machineSeconds } = ownReading();
      readings.push({ wallSeconds: Number(wall) / 1e6, cpuSeconds: Number(cpu) / 1e6, machineSeconds });
    }
  });
  const [[code, signal]] = await Promise.all([once(child, 'exit'), once(lines, 'close')]);
  const [, , start, stop] = readings;
  if (start === undefined || stop === undefined || readings.length !== CLOCK_READINGS) {
    throw new CliError(
      `llama-batched-bench was not timed to its end (${String(signal ?? code)}): ${said.slice(-5).join('; ')}`,
    );
  }
  return speedBetween(start, stop, load.sessions * timedSteps(load));
}

function peerArguments(load: Load): string[] {
  const { sessions, promptTokens, tokens, threads } = load;
  return [
    ['-m', load.modelPath],
    ['-c', String(sessions * (promptTokens + tokens))],
    ['-b', String(PASS_TOKENS), '-ub', String(PASS_TOKENS)],
    ['-npp', String(promptTokens), '-ntg', String(timedSteps(load)), '-npl', String(sessions)],
    ['-t', String(threads), '-tb', String(threads)],
    ['-fa', 'off', '--output-format', 'jsonl'],
  ].flat();
}
