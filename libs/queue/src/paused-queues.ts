import type { Redis } from 'ioredis';
import type { Names } from './names';

/** A model, and of it one tenant or all. */
export interface QueueScope {
  readonly model: string;
  readonly tenant?: string | undefined;
}

/** Neither a model nor a tenant holds a blank. */
const textOf = ({ model, tenant }: QueueScope): string =>
  tenant === undefined ? model : `${model} ${tenant}`;

/** Queues of which nothing is placed by an operator's order. What runs goes on. */
export class PausedQueues {
  constructor(private readonly scopes: ReadonlySet<string> = new Set()) {}

  has({ model, tenant }: { readonly model: string; readonly tenant: string }): boolean {
    return this.scopes.has(model) || this.scopes.has(textOf({ model, tenant }));
  }

  get all(): QueueScope[] {
    return [...this.scopes].sort().map((text) => {
      const [model = '', tenant] = text.split(' ');
      return tenant === undefined ? { model } : { model, tenant };
    });
  }
}

export const readPausedQueues = async (redis: Redis, names: Names): Promise<PausedQueues> =>
  new PausedQueues(new Set(await redis.smembers(names.pausedQueues)));

export async function pauseQueue(
  redis: Redis,
  names: Names,
  scope: QueueScope,
  isPaused: boolean,
): Promise<void> {
  if (isPaused) await redis.sadd(names.pausedQueues, textOf(scope));
  else await redis.srem(names.pausedQueues, textOf(scope));
  await redis.publish(names.changedChannel, '');
}
