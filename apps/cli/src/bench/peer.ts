import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { CliError, messageOf } from '../exit';
import { ROOT } from '../root';

const run = promisify(execFile);
const MOST_ATTEMPTS = 10;
const megabytes = (count: number) => count * 1024 * 1024;

/** The libraries that node-llama-cpp ships for this machine's CPU: what our own engine runs on. */
function shippedLibraries(): string {
  const platform = `${process.platform}-${process.arch}`;
  const folder = join(ROOT, 'node_modules', '@node-llama-cpp', platform, 'bins', platform);
  if (process.platform !== 'linux' || !existsSync(join(folder, 'libllama-common.so'))) {
    throw new CliError(
      `the peer is linked to the shared libraries in ${folder}, which are not there: this benchmark runs on Linux only`,
    );
  }
  return folder;
}

/**
 * Builds llama-batched-bench of exactly the pinned release: its source comes from the git bundle inside the npm
 * package, everything else from the very libraries that the engine loads. A few seconds; kept below
 * `parent`.
 */
export async function buildPeer(parent: string): Promise<string> {
  const folder = resolve(parent, 'peer');
  const binary = join(folder, 'llama-batched-bench');
  if (existsSync(binary)) return binary;
  const libraries = shippedLibraries();
  const source = join(folder, 'llama.cpp');
  const bundle = join(ROOT, 'node_modules', 'node-llama-cpp', 'llama', 'gitRelease.bundle');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // ggml looks for its CPU backends beside the program.
  for (const file of await readdir(libraries)) {
    if (file.endsWith('.so')) await symlink(join(libraries, file), join(folder, file));
  }
  try {
    await run('git', ['clone', '--quiet', bundle, source]);
    const include = ['include', 'ggml/include', 'common', 'vendor'].map((part) => `-I${join(source, part)}`);
    const files = ['batched-bench.cpp', 'main.cpp'].map((file) =>
      join(source, 'tools', 'batched-bench', file),
    );
    const linked = ['libllama-common.so', 'libllama.v0.5.0.so', 'libggml.v0.5.0.so', 'libggml-base.so'].map(
      (file) => join(libraries, file),
    );
    await run('g++', [
      '-O2',
      '-std=c++17',
      ...include,
      ...files,
      '-o',
      binary,
      ...linked,
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

export interface PeerLoad {
  readonly modelPath: string;
  readonly sessions: number;
  readonly promptTokens: number;
  readonly tokens: number;
  readonly threads: number;
}

/**
 * Decoded tokens per second of all sequences together, prompts not counted; the peer does not sample. Its log is written
 * by a thread that its end does not always wait for: a run without a figure is run again.
 */
export async function peerTokensPerSecond(binary: string, load: PeerLoad): Promise<number> {
  let said = '';
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const { stdout, stderr } = await run(binary, peerArguments(load), {
      maxBuffer: megabytes(16),
      env: { ...process.env, CUDA_VISIBLE_DEVICES: '' },
    });
    said = `${stdout}\n${stderr}`;
    const line = said.split('\n').find((text) => text.includes('"speed_tg"'));
    if (line !== undefined)
      return (JSON.parse(line.slice(line.indexOf('{'))) as { speed_tg: number }).speed_tg;
  }
  throw new CliError(`llama-batched-bench printed no figure in ${MOST_ATTEMPTS} runs: ${said.slice(-500)}`);
}

function peerArguments(load: PeerLoad): string[] {
  return [
    ['-m', load.modelPath],
    ['-c', String(load.sessions * (load.promptTokens + load.tokens))],
    ['-b', '2048', '-ub', '512'],
    ['-npp', String(load.promptTokens), '-ntg', String(load.tokens), '-npl', String(load.sessions)],
    ['-t', String(load.threads), '-tb', String(load.threads)],
    ['-fa', 'off', '--output-format', 'jsonl'],
  ].flat();
}
