import { Redis } from 'ioredis';
import type { QueueConfig } from './queue-config';

/** Commands wait for ever while Redis is away and are sent again when it is back; every script here bears that. */
const OPTIONS = {
  maxRetriesPerRequest: null,
  // Asked again so soon while Redis loads its file: its own estimate of the time left is often far too long.
  maxLoadingRetryTime: 200,
  retryStrategy: (attempt: number) => Math.min(25 * attempt, 1_000),
};

/** A connection that reconnects for ever. `role` shows in CLIENT LIST and in the log. */
export function openRedis(config: QueueConfig, role: string): Redis {
  const options = { ...OPTIONS, connectionName: `${config.prefix}:${role}` };
  const redis = config.redisUrl.startsWith('unix://')
    ? new Redis({ ...options, path: decodeURIComponent(config.redisUrl.slice('unix://'.length)) })
    : new Redis(config.redisUrl, options);
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

/** Ends a connection politely when Redis is there, at once when it is not. */
export async function closeRedis(redis: Redis): Promise<void> {
  if (redis.status === 'ready') await redis.quit().catch(() => redis.disconnect());
  else redis.disconnect();
}
