import { closeRedis, openRedis } from './connection';
import { namesFor } from './names';
import { pauseQueue, readPausedQueues, type PausedQueues, type QueueScope } from './paused-queues';
import type { QueueConfig } from './queue-config';
import { readQueues } from './waiting';

/** Queues as an operator sees and orders them. */
export interface QueueOrders {
  waiting(): Promise<{ model: string; tenant: string; waiting: number }[]>;
  paused(): Promise<PausedQueues>;
  setPaused(scope: QueueScope, isPaused: boolean): Promise<void>;
  close(): Promise<void>;
}

export function connectQueueOrders(config: QueueConfig): QueueOrders {
  const redis = openRedis(config, 'queues');
  const names = namesFor(config.prefix);
  return {
    waiting: async () =>
      (await readQueues(redis, names)).map(({ model, tenant, waiting }) => ({ model, tenant, waiting })),
    paused: () => readPausedQueues(redis, names),
    setPaused: (scope, isPaused) => pauseQueue(redis, names, scope, isPaused),
    close: () => closeRedis(redis),
  };
}
