import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && nameIn(manifest) === 'gistpool') return folder;
    if (folder === dirname(folder))
      throw new Error('the folder of gistpool (its package.json) was not found');
  }
}

const nameIn = (manifest: string): unknown =>
  (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown }).name;

/** The folder that holds the launcher, `dist` and `models`. */
export const ROOT = findRoot();

export const versionOf = (root: string): string =>
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
