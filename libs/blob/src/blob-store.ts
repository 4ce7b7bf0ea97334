/** Where long text lives, so that Redis need not hold it. Keys are `/`-separated names without `..`. */
export interface BlobStore {
  /** Replaces the whole object; a reader sees the old one or the new one, never a part. */
  put(key: string, text: string): Promise<void>;
  get(key: string): Promise<string | undefined>;
  delete(key: string): Promise<void>;
}
