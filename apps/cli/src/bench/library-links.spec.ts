import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { linkLibraries, linksLibraries } from './library-links';

let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gistpool-links-'));
  for (const checkout of ['mine', 'other']) {
    await mkdir(at(checkout));
    for (const file of ['liba.so', 'libb.so', 'notes.txt']) await writeFile(join(at(checkout), file), '');
  }
  await mkdir(at('peer'));
});
afterAll(() => rm(folder, { recursive: true }));

it('a peer built against the libraries of another checkout, or of none, is not taken for one of this', async () => {
  expect(await linksLibraries(at('mine'), at('peer'))).toBe(false);
  await linkLibraries(at('mine'), at('peer'));
  expect(await linksLibraries(at('mine'), at('peer'))).toBe(true);
  expect(await linksLibraries(at('other'), at('peer'))).toBe(false);
});
