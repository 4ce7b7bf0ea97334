import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { behavesAsBlobStore } from './conformance.fixture';
import { openBlobStore } from './open-blob-store';

let folder: string;
const open = async () => {
  folder = await mkdtemp(join(tmpdir(), 'blob-'));
  return openBlobStore({ folder });
};
afterEach(() => rm(folder, { recursive: true }));

describe('the blob store of a folder', () => {
  behavesAsBlobStore(open);

  it('leaves no draft behind', async () => {
    const store = await open();
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.put('a/b', String(i))));
    expect(await readdir(join(folder, 'a'))).toEqual(['b']);
    expect(await readdir(join(folder, '.drafts'))).toEqual([]);
  });

  it('removes the drafts of writers that were killed long ago when it is opened, and no others', async () => {
    const store = await open();
    await store.put('a', '1');
    await mkdir(join(folder, '.drafts'), { recursive: true });
    for (const name of ['old', 'new']) await writeFile(join(folder, '.drafts', name), 'x');
    await utimes(join(folder, '.drafts', 'old'), 1_000, 1_000);
    const again = await openBlobStore({ folder });
    expect(await readdir(join(folder, '.drafts'))).toEqual(['new']);
    expect(await again.get('a')).toBe('1');
  });
});
