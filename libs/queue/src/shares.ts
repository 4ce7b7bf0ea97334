import type { Redis } from 'ioredis';
import type { FairTurnsState } from '@gistpool/core';
import type { Names } from './names';
import { publishDocumentScript } from './scripts/publish-document';

/** What each tenant has had of each model, as one document: only the leader writes it, for the next one to go on from. */
export interface Shares {
  readonly version: 1;
  readonly models: Readonly<Record<string, FairTurnsState>>;
}

export class SharesPort {
  constructor(
    private readonly redis: Redis,
    private readonly names: Names,
  ) {}

  /** `fence`: the leader's value, which grows with every change of leader. False: another leads, nothing was written. */
  async publish(shares: Shares, fence: string): Promise<boolean> {
    const keys = [this.names.leader, this.names.shares];
    return (await publishDocumentScript.run(this.redis, keys, [fence, JSON.stringify(shares)])) === 1;
  }

  /** Undefined: none was published yet, or by a version that this one does not know. */
  async latest(): Promise<Shares | undefined> {
    const text = await this.redis.get(this.names.shares);
    if (text === null) return undefined;
    const shares = JSON.parse(text) as { version?: unknown };
    return shares.version === 1 ? (shares as Shares) : undefined;
  }
}
