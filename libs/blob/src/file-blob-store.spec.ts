import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileBlobStore } from './file-blob-store';

describe('the file blob store', () => {
  let folder: string;
  let store: FileBlobStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blob-'));
    store = new FileBlobStore(folder);
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('gives back what was put, odd characters and all', async () => {
    const text = 'ü\u0000\n😀 end';
    await store.put('results/job-1.json', text);
    expect(await store.get('results/job-1.json')).toBe(text);
  });

  it('answers undefined for a key that was never put', async () => {
    expect(await store.get('results/none')).toBeUndefined();
  });

  it('leaves one whole object and no draft behind when many writers race', async () => {
    const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000));
    await Promise.all(texts.map((text) => store.put('a/b', text)));
    expect(texts).toContain(await store.get('a/b'));
    expect(await readdir(join(folder, 'a'))).toEqual(['b']);
  });

  it('deletes, and deleting twice is no error', async () => {
    await store.put('x', '1');
    await store.delete('x');
    await store.delete('x');
    expect(await store.get('x')).toBeUndefined();
  });

  it.each(['../x', '/etc/passwd', 'a/../b', '', 'a//b', '.hidden'])('refuses the key %j', async (key) => {
    await expect(store.put(key, '1')).rejects.toThrow('not a plain path');
  });
});
