import { ApiConfig, parseConfig } from '@gistpool/config';
import { queueConfigOf, redisDirOf, startRedis, type QueueConfig } from '@gistpool/queue';
import { PoolClient } from '../client/pool-client';
import { CliError, EXIT } from '../exit';
import type { Output } from '../output';
import { claimDataDir, readPoolFile, removePoolFile } from '../pool/pool-file';
import { isOurs } from '../pool/process-table';
import type { KeyDesk } from './key-desk';
import { RedisDesk } from './redis-desk';
import { RestDesk } from './rest-desk';

/**
 * The pool at `url`; else the Redis that GISTPOOL_REDIS_URL names; else that of the pool that runs on the data folder; else
 * the folder's own Redis, started for as long as the command takes: so a first key can be made before the first start.
 */
export async function openDesk(
  { url, dataDir }: { url?: string; dataDir: string },
  output: Output,
): Promise<KeyDesk> {
  if (url !== undefined) return new RestDesk(new PoolClient(url));
  if (process.env['GISTPOOL_REDIS_URL']) return RedisDesk.open(configFor());
  const running = readPoolFile(dataDir);
  if (running !== undefined && isOurs(running.pid)) {
    if (running.redisUrl !== undefined) return RedisDesk.open(configFor(running.redisUrl));
    throw new CliError(`a pool on ${dataDir} is starting; try again when it runs`);
  }
  if (running !== undefined) removePoolFile(dataDir);
  if (!claimDataDir(dataDir)) throw new CliError(`a pool on ${dataDir} is starting; try again when it runs`);
  output.progress(`gistpool: no pool runs on ${dataDir}; starting its Redis for this command\n`);
  try {
    const redis = await startRedis({ dir: redisDirOf(dataDir) });
    return await RedisDesk.open(configFor(redis.url), async () => {
      await redis.stop();
      removePoolFile(dataDir);
    });
  } catch (error) {
    removePoolFile(dataDir);
    throw error;
  }
}

function configFor(redisUrl?: string): QueueConfig {
  const env = { ...process.env, ...(redisUrl !== undefined && { GISTPOOL_REDIS_URL: redisUrl }) };
  const parsed = parseConfig(ApiConfig, env);
  if (!parsed.ok) throw new CliError(parsed.problems.join('\n'), EXIT.usage);
  return queueConfigOf(parsed.config);
}
