import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { closeRedis, openRedis } from './connection';
import { namesFor, type Names } from './names';
import type { QueueConfig } from './queue-config';
import { claimScript, settleClaimScript } from './scripts/idempotency';

const KEPT_MS = 24 * 3_600_000;
/** Who makes the answer has died when it has not given it by then. */
const MAKING_MS = 30_000;

/**
 * `make`: make it, under this id. `answer`: it was made, with this answer. `making`: another makes it at this moment.
 * `other`: the key came with another request before.
 */
export type Claim =
  | { readonly kind: 'make'; readonly id: string; readonly owner: string }
  | { readonly kind: 'answer'; readonly answer: string }
  | { readonly kind: 'making' }
  | { readonly kind: 'other' };

/**
 * What was made under a key of the client's. The id under which it is made is kept with the key, so that whoever goes on
 * after a crash makes the same thing and not a second one.
 */
export interface Idempotency {
  claim(key: string, fingerprint: string, newId: string): Promise<Claim>;
  /** The answer, for all who ask with the key from now on. */
  settle(key: string, owner: string, answer: string): Promise<void>;
  /** Nothing was made: the key is free again. */
  release(key: string, owner: string): Promise<void>;
  close(): Promise<void>;
}

export function connectIdempotency(config: QueueConfig): Idempotency {
  const redis = openRedis(config, 'idempotency');
  const names = namesFor(config.prefix);
  return {
    claim: (key, fingerprint, newId) => claim(redis, names, key, fingerprint, newId),
    settle: async (key, owner, answer) => {
      await settleClaimScript.run(redis, [names.idempotency(key)], [owner, answer]);
    },
    release: async (key, owner) => {
      await settleClaimScript.run(redis, [names.idempotency(key)], [owner, '']);
    },
    close: () => closeRedis(redis),
  };
}

async function claim(
  redis: Redis,
  names: Names,
  key: string,
  fingerprint: string,
  newId: string,
): Promise<Claim> {
  const owner = randomUUID();
  const [kind, value] = (await claimScript.run(
    redis,
    [names.idempotency(key)],
    [fingerprint, newId, owner, MAKING_MS, KEPT_MS],
  )) as [Claim['kind'], string];
  if (kind === 'make') return { kind, id: value, owner };
  return kind === 'answer' ? { kind, answer: value } : { kind };
}
