import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CliError } from '../exit';
import { ROOT } from '../root';

const run = promisify(execFile);

/** The libraries that node-llama-cpp ships for this machine's CPU: what our own engine runs on. */
export function shippedLibraries(): string {
  const platform = `${process.platform}-${process.arch}`;
  const folder = join(ROOT, 'node_modules', '@node-llama-cpp', platform, 'bins', platform);
  if (process.platform !== 'linux' || !existsSync(join(folder, 'libllama-common.so'))) {
    throw new CliError(
      `the peer is linked to the shared libraries in ${folder}, which are not there: this benchmark runs on Linux only`,
    );
  }
  return folder;
}

/** What a peer is linked to. */
export const linkedLibraries = (libraries: string): string[] =>
  ['libllama-common.so', 'libllama.v0.5.0.so', 'libggml.v0.5.0.so', 'libggml-base.so'].map((file) =>
    join(libraries, file),
  );

/** llama.cpp's source of exactly the pinned release: a git bundle inside the npm package. */
export async function unpackSource(folder: string): Promise<void> {
  const bundle = join(ROOT, 'node_modules', 'node-llama-cpp', 'llama', 'gitRelease.bundle');
  await run('git', ['clone', '--quiet', '--config', 'advice.detachedHead=false', bundle, folder]);
}
