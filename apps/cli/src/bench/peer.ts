import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { CliError, messageOf } from '../exit';
import { ROOT } from '../root';
import { linkLibraries, linksLibraries } from './library-links';
import { linkedLibraries, shippedLibraries, unpackSource } from './shipped';
import { ownReading, type Reading, type Speed, speedBetween } from './speed';

const run = promisify(execFile);
const CLOCK = join(ROOT, 'apps', 'cli', 'src', 'bench', 'peer-clock.cpp');
const CLOCK_LINE = /^peer-clock (\d+) (\d+)$/;
/** Before and after the prompts, before and after the decoded tokens. */
const CLOCK_READINGS = 4;

/**
 * Builds llama-batched-bench of exactly the pinned release: its source comes from the git bundle inside the npm
 * package, everything else from the very libraries that the engine loads; only its clock is wrapped (peer-clock.cpp). A
 * few seconds; kept below `parent` as long as this checkout's libraries are the ones it links.
 */
export async function buildPeer(parent: string): Promise<string> {
  const folder = resolve(parent, 'peer');
  const binary = join(folder, 'llama-batched-bench-timed');
  const libraries = shippedLibraries();
  if (existsSync(binary) && (await linksLibraries(libraries, folder))) return binary;
  const source = join(folder, 'llama.cpp');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await linkLibraries(libraries, folder);
  try {
    await unpackSource(source);
    const include = ['include', 'ggml/include', 'common', 'vendor'].map((part) => `-I${join(source, part)}`);
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
      binary,
      ...linkedLibraries(libraries),
      '-Wl,-rpath,$ORIGIN',
      '-Wl,--allow-shlib-undefined',
    ]);
  } catch (error) {
    throw new CliError(
      `llama-batched-bench could not be built (git and g++ are needed): ${messageOf(error)}`,
    );
  } finally {
    await rm(source, { recursive: true, force: true });
  }
  return binary;
}

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
