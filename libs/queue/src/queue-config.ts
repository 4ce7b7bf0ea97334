import type { Logger } from '@gistpool/telemetry';

/** What every connection of this library needs to know. */
export interface QueueConfig {
  /** See redisAddress. */
  readonly redisUrl: string;
  /** Begins every key, so that several pools may share one Redis. */
  readonly prefix: string;
  readonly leaseMs: number;
  /** How long the lead among schedulers lasts without being renewed. */
  readonly leadMs: number;
  readonly heartbeatMs: number;
  /** How long the events of a job that has ended can still be read. */
  readonly keepEventsMs?: number;
  readonly logger?: Logger;
}

/** The settings of the environment (see @gistpool/config), as this library names them. */
export function queueConfigOf(
  env: {
    readonly GISTPOOL_REDIS_URL: string;
    readonly GISTPOOL_REDIS_PREFIX: string;
    readonly GISTPOOL_LEASE_MS: number;
    readonly GISTPOOL_LEAD_MS: number;
    readonly GISTPOOL_HEARTBEAT_MS: number;
    readonly GISTPOOL_KEEP_EVENTS_MS: number;
  },
  logger?: Logger,
): QueueConfig {
  return {
    redisUrl: env.GISTPOOL_REDIS_URL,
    prefix: env.GISTPOOL_REDIS_PREFIX,
    leaseMs: env.GISTPOOL_LEASE_MS,
    leadMs: env.GISTPOOL_LEAD_MS,
    heartbeatMs: env.GISTPOOL_HEARTBEAT_MS,
    keepEventsMs: env.GISTPOOL_KEEP_EVENTS_MS,
    ...(logger === undefined ? {} : { logger }),
  };
}
