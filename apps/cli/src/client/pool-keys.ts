/** With which key this process asks a pool: the user's, or that of a pool which runs on a folder of theirs. */
class PoolKeys {
  private readonly ofPools = new Map<string, string>();

  /** The key that a running pool keeps in its pool.json. */
  learn(url: string, key: string): void {
    this.ofPools.set(new URL(url).origin, key);
  }

  /** Undefined: the pool is asked without one. */
  of(url: string): string | undefined {
    return process.env['GISTPOOL_API_KEY'] || this.ofPools.get(new URL(url).origin);
  }
}

export const poolKeys = new PoolKeys();
