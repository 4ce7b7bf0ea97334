import type { Redis } from 'ioredis';
import type { QueueConfig } from './queue-config';
import { redisAt } from './redis-address';

/** Commands wait for ever while Redis is away and are sent again when it is back; every script here bears that. */
const OPTIONS = {
  maxRetriesPerRequest: null,
  // Asked again so soon while Redis loads its file: its own estimate of the time left is often far too long.
  maxLoadingRetryTime: 200,
};

/** Connections that are not to come back. */
const ending = new WeakSet<Redis>();

/** A connection that reconnects for ever. `role` shows in CLIENT LIST and in the log. */
export function openRedis(config: QueueConfig, role: string): Redis {
  const options = {
    ...OPTIONS,
    connectionName: `${config.prefix}:${role}`,
    retryStrategy: (attempt: number) => (ending.has(redis) ? null : Math.min(25 * attempt, 1_000)),
  };
  const redis: Redis = redisAt(config.redisUrl, options);
  // Said once per outage, not once per attempt.
  let isAway = false;
  redis.on('error', (error: Error) => {
    if (!isAway)
      config.logger?.warn({ role, error: error.message }, 'redis is away; trying again until it is back');
    isAway = true;
  });
  redis.on('ready', () => {
    if (isAway) config.logger?.info({ role }, 'redis is back');
    isAway = false;
  });
  return redis;
}

const QUIT_WITHIN_MS = 1_000;

/** Ends a connection: what was sent is answered first, unless Redis is away or goes away meanwhile. */
export async function closeRedis(redis: Redis): Promise<void> {
  if (redis.status === 'ready') {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => (timer = setTimeout(resolve, QUIT_WITHIN_MS)));
    await Promise.race([redis.quit().catch(() => undefined), tooLate]);
    clearTimeout(timer);
  }
  cutOff(redis);
}

/** Ends a connection at once; commands that wait on it are rejected. */
export function cutOff(redis: Redis): void {
  ending.add(redis);
  // ioredis would drop its retry and leave what waits for it waiting for ever: one more attempt ends it properly.
  if (redis.status === 'reconnecting') redis.once('connect', () => redis.disconnect());
  else redis.disconnect();
}
