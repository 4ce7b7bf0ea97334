import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import type { BlobEntry, BlobStore } from './blob-store';

/** What every blob store does. `open` gives an empty one for each test. */
export function behavesAsBlobStore(open: () => Promise<BlobStore>): void {
  let store: BlobStore;
  beforeEach(async () => {
    store = await open();
  });

  const bytesOf = async (key: string): Promise<Buffer> => {
    const stream = await store.read(key);
    if (stream === undefined) throw new Error(`there is no ${key}`);
    return Buffer.concat(await stream.toArray());
  };
  const listed = async (prefix: string): Promise<BlobEntry[]> => {
    const entries: BlobEntry[] = [];
    for await (const entry of store.list(prefix)) entries.push(entry);
    return entries;
  };

  it('gives back the text that was put, odd characters and all', async () => {
    const text = 'ü\u0000\n😀 end';
    await store.put('results/job-1.json', text);
    expect(await store.get('results/job-1.json')).toBe(text);
  });

  it('answers undefined for a key that was never put', async () => {
    expect(await store.get('results/none')).toBeUndefined();
    expect(await store.read('results/none')).toBeUndefined();
    expect(await store.size('results/none')).toBeUndefined();
    expect(await store.size('results')).toBeUndefined();
  });

  it('takes a stream of many parts and gives it back byte for byte', async () => {
    const parts = Array.from({ length: 180 }, (_, i) => Buffer.alloc(65_521, i));
    expect(await store.write('files/big', Readable.from(parts))).toBe(180 * 65_521);
    expect(await store.size('files/big')).toBe(180 * 65_521);
    expect((await bytesOf('files/big')).equals(Buffer.concat(parts))).toBe(true);
  });

  it('takes an empty stream, and one that is shorter than what was there', async () => {
    await store.put('x', 'long text');
    expect(await store.write('x', Readable.from([Buffer.from('ab')]))).toBe(2);
    expect(await store.get('x')).toBe('ab');
    expect(await store.write('x', Readable.from([]))).toBe(0);
    expect(await store.size('x')).toBe(0);
  });

  it.each([1, 200])('keeps what was there when a stream breaks off after %i parts', async (parts) => {
    await store.put('files/one', 'old');
    async function* breaking() {
      for (let i = 0; i < parts; i += 1) yield Buffer.alloc(65_536, 1);
      await Promise.resolve();
      throw new Error('the client is gone');
    }
    await expect(store.write('files/one', breaking())).rejects.toThrow('the client is gone');
    expect(await store.get('files/one')).toBe('old');
    expect(await listed('files/')).toEqual([{ key: 'files/one', bytes: 3 }]);
  });

  it('leaves one whole object when many writers race', async () => {
    const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000));
    await Promise.all(texts.map((text) => store.put('a/b', text)));
    expect(texts).toContain(await store.get('a/b'));
    expect(await listed('')).toHaveLength(1);
  });

  it('deletes, and deleting twice is no error', async () => {
    await store.put('x', '1');
    await store.delete('x');
    await store.delete('x');
    expect(await store.get('x')).toBeUndefined();
  });

  it('lists what lies below a prefix, by key', async () => {
    for (const key of ['b/2', 'b/10', 'b/c/1', 'b-/1', 'ba', 'a']) await store.put(key, key);
    const keysOf = async (prefix: string) => (await listed(prefix)).map((entry) => entry.key);
    expect(await keysOf('')).toEqual(['a', 'b-/1', 'b/10', 'b/2', 'b/c/1', 'ba']);
    expect(await keysOf('b/')).toEqual(['b/10', 'b/2', 'b/c/1']);
    expect(await keysOf('none/')).toEqual([]);
    await expect(keysOf('b')).rejects.toThrow('does not end in /');
  });

  describe('refuses as a key', () => {
    const long = 'x'.repeat(201);
    it.each(['../x', '/etc/passwd', 'a/../b', '', 'a//b', 'a/', '.hidden', 'a\\b', 'a\r\nb', long])(
      '%j',
      async (key) => {
        await expect(store.put(key, '1')).rejects.toThrow('not a plain path');
        await expect(store.get(key)).rejects.toThrow('not a plain path');
        await expect(store.read(key)).rejects.toThrow('not a plain path');
        await expect(store.write(key, Readable.from([]))).rejects.toThrow('not a plain path');
        await expect(store.size(key)).rejects.toThrow('not a plain path');
        await expect(store.delete(key)).rejects.toThrow('not a plain path');
      },
    );
  });
}
