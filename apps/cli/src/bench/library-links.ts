import { readdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';

const librariesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((file) => file.endsWith('.so'));

/** Puts a link to each shared library of `libraries` into `folder`: ggml looks for its CPU backends beside the program. */
export async function linkLibraries(libraries: string, folder: string): Promise<void> {
  for (const name of await librariesIn(libraries)) await symlink(join(libraries, name), join(folder, name));
}

/** Whether it did: false where the links are another checkout's, which may be gone. */
export async function linksLibraries(libraries: string, folder: string): Promise<boolean> {
  for (const name of await librariesIn(libraries)) {
    const target = await readlink(join(folder, name)).catch(() => undefined);
    if (target !== join(libraries, name)) return false;
  }
  return true;
}
