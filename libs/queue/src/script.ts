import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/**
 * One atomic step in Redis. Sent by its hash; a Redis that does not know it (restarted) gets the text.
 * A command may be sent twice when the connection breaks between execution and reply, so every script
 * must be safe to repeat.
 */
export class Script {
  private readonly sha: string;

  constructor(private readonly lua: string) {
    this.sha = createHash('sha1').update(lua).digest('hex');
  }

  async run(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(this.lua, keys.length, ...keys, ...args);
    }
  }
}
