import type { Redis } from 'ioredis';
import type { Names } from './names';
import { leadScript, resignScript } from './scripts/leader';

/** The lead among schedulers, held for `ttlMs` after each `hold()`. */
export class Leadership {
  private value = '';

  constructor(
    private readonly redis: Redis,
    private readonly names: Names,
    private readonly id: string,
    private readonly ttlMs: number,
  ) {}

  /** What the leader's writes are fenced with; '' when this process does not lead. */
  get fence(): string {
    return this.value;
  }

  /** Takes the lead when it is free, keeps it when it is ours. False: another leads. */
  async hold(): Promise<boolean> {
    const reply = await leadScript.run(
      this.redis,
      [this.names.leader, this.names.leaderEpoch],
      [this.value, this.id, this.ttlMs],
    );
    this.value = typeof reply === 'string' ? reply : '';
    return this.value !== '';
  }

  async resign(): Promise<void> {
    await resignScript.run(this.redis, [this.names.leader], [this.value]);
    this.value = '';
  }
}

export const leaderIdOf = (value: string): string => value.slice(value.indexOf(':') + 1);
