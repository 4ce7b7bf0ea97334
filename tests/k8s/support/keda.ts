import type { Redis } from 'ioredis';
import type { Trigger } from './chart';

/** What a trigger says now, by the rules of KEDA's scalers: a list is counted by LLEN, a zset by ZCARD, a document read by its path. */
export interface Reading {
  readonly trigger: Trigger;
  readonly value: number;
  readonly isActive: boolean;
  /** Replicas that the HPA would make of it: AverageValue. */
  readonly replicas: number;
}

export interface Sources {
  readonly redis: Redis;
  /** In the place of the Service that the trigger names. */
  readonly apiUrl: string;
  /** What the named TriggerAuthentication takes from secrets. */
  readonly parameters: (authentication: string | undefined) => Readonly<Record<string, string>>;
}

export async function read(trigger: Trigger, sources: Sources): Promise<Reading> {
  const { metadata } = trigger;
  const isList = trigger.type === 'redis';
  const value = isList
    ? await lengthOf(metadata['listName'] ?? '', sources.redis)
    : await valueAt(trigger, sources);
  const target = Number(isList ? metadata['listLength'] : metadata['targetValue']);
  const activation = Number(
    (isList ? metadata['activationListLength'] : metadata['activationTargetValue']) ?? 0,
  );
  return { trigger, value, isActive: value > activation, replicas: Math.ceil(value / target) };
}

/** Without an active trigger the pool ends, after its cooldown; with one it has a card at least. */
export function replicasBy(readings: readonly Reading[], most: number): number {
  if (!readings.some(({ isActive }) => isActive)) return 0;
  return Math.min(most, Math.max(1, ...readings.map(({ replicas }) => replicas)));
}

async function lengthOf(key: string, redis: Redis): Promise<number> {
  const type = await redis.type(key);
  if (type === 'zset') return redis.zcard(key);
  if (type === 'list' || type === 'none') return redis.llen(key);
  throw new Error(`${key} is a ${type}: KEDA would refuse to count it`);
}

async function valueAt({ metadata, authenticationRef }: Trigger, sources: Sources): Promise<number> {
  const { pathname, search } = new URL(metadata['url'] ?? '');
  const { token } = sources.parameters(authenticationRef?.name);
  const headers: Record<string, string> =
    metadata['authMode'] === 'bearer' ? { authorization: `Bearer ${token}` } : {};
  const answer = await fetch(sources.apiUrl + pathname + search, { headers });
  if (!answer.ok) throw new Error(`${pathname}${search}: ${answer.status}`);
  const path = (metadata['valueLocation'] ?? '').split('.');
  const value = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], await answer.json());
  if (typeof value !== 'number')
    throw new Error(`${metadata['valueLocation']} is no number: ${String(value)}`);
  return value;
}
