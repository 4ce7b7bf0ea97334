/**
 * What each tenant has had: KV byte-milliseconds, divided by its weight. Whoever has had least is next. A tenant that was
 * away starts level with the one that has had least, so that nobody saves up.
 */
export class FairShare {
  private readonly used: Map<string, number>;

  /** `used`: what an earlier one has counted. */
  constructor(
    private readonly weightOf: (tenant: string) => number = () => 1,
    used: Iterable<readonly [string, number]> = [],
  ) {
    this.used = new Map(used);
  }

  /** Of every tenant, to go on from. */
  get entries(): [tenant: string, byteMs: number][] {
    return [...this.used];
  }

  of(tenant: string): number {
    return this.used.get(tenant) ?? 0;
  }

  /** The tenant has work waiting again; `others` have, too. */
  returns(tenant: string, others: Iterable<string>): void {
    let least = Number.POSITIVE_INFINITY;
    for (const other of others) if (other !== tenant) least = Math.min(least, this.of(other));
    if (Number.isFinite(least)) this.used.set(tenant, Math.max(this.of(tenant), least));
  }

  /** An estimate when its job is placed; what it was wrong by (negative or positive) when the job ends. */
  charge(tenant: string, byteMs: number): void {
    this.used.set(tenant, Math.max(0, this.of(tenant) + byteMs / this.weightOf(tenant)));
  }
}

/** Jain's index: 1 when all have the same, 1 / n when one has all (Jain, Chiu and Hawe 1984). */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares);
}
