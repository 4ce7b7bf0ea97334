import type { Redis } from 'ioredis';
import type { ApiConfig } from '@gistpool/config';
import { redisAt } from '@gistpool/queue';
import type { Logger } from '@gistpool/telemetry';

/** Nobody who asks whether Redis is there wants to wait until it is: without a connection a command fails at once. */
const OPTIONS = {
  enableOfflineQueue: false,
  // Redis' own estimate of the time it still loads its file is often far too long.
  maxLoadingRetryTime: 200,
  maxRetriesPerRequest: null,
  retryStrategy: (attempt: number) => Math.min(50 * attempt, 1_000),
};

/** The api's own connection, beside those of the queue library: for readiness, depths and the queue board. */
export function openApiRedis(config: ApiConfig, logger: Logger): Redis {
  const options = { ...OPTIONS, connectionName: `${config.GISTPOOL_REDIS_PREFIX}:api` };
  const redis = redisAt(config.GISTPOOL_REDIS_URL, options);
  redis.setMaxListeners(0);
  redis.on('error', (error: Error) => logger.debug({ error: error.message }, 'redis is away'));
  return redis;
}
