import type { Redis } from 'ioredis';
import { closeRedis, openRedis } from './connection';
import type { QueueConfig } from './queue-config';

type Listener = (message: string) => void;

/**
 * Channels of one process over one connection. Messages are wake-ups only: what they tell of is in a stream or
 * a record, because a message that is sent while the connection is away is lost. `onReconnect` says when.
 */
export class Subscriptions {
  private readonly redis: Redis;
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly reconnected = new Set<() => void>();

  constructor(config: QueueConfig, role: string) {
    this.redis = openRedis(config, `${role}-subscriber`);
    this.redis.on('message', (channel: string, message: string) => {
      for (const listener of this.listeners.get(channel) ?? []) listener(message);
    });
    this.redis.on('ready', () => {
      for (const listener of this.reconnected) listener();
    });
  }

  /** Resolves when messages from now on are seen. */
  async subscribe(channel: string, listener: Listener): Promise<void> {
    const known = this.listeners.get(channel);
    if (known) known.add(listener);
    else this.listeners.set(channel, new Set([listener]));
    await this.redis.subscribe(channel);
  }

  unsubscribe(channel: string, listener: Listener): void {
    const known = this.listeners.get(channel);
    known?.delete(listener);
    if (known?.size !== 0) return;
    this.listeners.delete(channel);
    this.redis.unsubscribe(channel).catch(() => undefined);
  }

  onReconnect(listener: () => void): void {
    this.reconnected.add(listener);
  }

  offReconnect(listener: () => void): void {
    this.reconnected.delete(listener);
  }

  async close(): Promise<void> {
    this.listeners.clear();
    this.reconnected.clear();
    await closeRedis(this.redis);
  }
}
