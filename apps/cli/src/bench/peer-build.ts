import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError, messageOf } from '../exit';
import { linkLibraries, linksLibraries } from './library-links';
import { shippedLibraries, unpackSource } from './shipped';

export interface PeerBuild {
  /** Where it is kept, with links to the libraries beside it. */
  readonly folder: string;
  readonly binary: string;
  /** What messages call it. */
  readonly name: string;
  /** Compiles llama.cpp's source in `source` into the file `draft`, linked to what is in `libraries`. */
  compile(source: string, libraries: string, draft: string): Promise<void>;
}

/**
 * Builds a program of exactly the pinned llama.cpp: its source comes from the git bundle inside the npm package, everything
 * else from the very libraries that the engine loads. It is kept as long as this checkout's libraries are the ones it
 * links, and has its name only when it is whole. Resolves to its path.
 */
export async function builtPeer({ folder, binary, name, compile }: PeerBuild): Promise<string> {
  const path = join(folder, binary);
  const libraries = shippedLibraries();
  if (existsSync(path) && (await linksLibraries(libraries, folder))) return path;
  const source = join(folder, 'llama.cpp');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await linkLibraries(libraries, folder);
  try {
    await unpackSource(source);
    await compile(source, libraries, `${path}.draft`);
    await rename(`${path}.draft`, path);
  } catch (error) {
    throw new CliError(`${name} could not be built (git and g++ are needed): ${messageOf(error)}`);
  } finally {
    await rm(source, { recursive: true, force: true });
  }
  return path;
}
