import type { Readable } from 'node:stream';

/**
 * Where long text and files live, so that Redis need not hold them. Keys are `/`-separated plain names (see blob-key.ts).
 * Every write replaces the whole object; a reader sees the old one or the new one, never a part.
 */
export interface BlobStore {
  put(key: string, text: string): Promise<void>;
  get(key: string): Promise<string | undefined>;
  /** Holds only a few MiB of it at a time. A source that fails leaves what was there before. Answers the bytes written. */
  write(key: string, source: AsyncIterable<Uint8Array>): Promise<number>;
  /** Whoever asks must read the stream to its end or destroy it. */
  read(key: string): Promise<Readable | undefined>;
  /** Bytes; undefined: there is no such object. */
  size(key: string): Promise<number | undefined>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
  /** Every object whose key begins with the prefix, by key. The prefix is '' or ends in `/`. */
  list(prefix: string): AsyncIterable<BlobEntry>;
}

export interface BlobEntry {
  readonly key: string;
  readonly bytes: number;
}
