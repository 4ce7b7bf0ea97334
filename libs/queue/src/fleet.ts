import type { Redis } from 'ioredis';
import type { CardView, ModelInfo } from '@gistpool/contracts';
import { closeRedis, openRedis } from './connection';
import { orderCard } from './cordons';
import { leaderIdOf } from './leadership';
import { namesFor, type Names } from './names';
import type { QueueConfig } from './queue-config';
import type { Fleet, Placement, PlacingRules } from './types';

export function connectFleet(config: QueueConfig): Fleet & { close(): Promise<void> } {
  const redis = openRedis(config, 'fleet');
  const names = namesFor(config.prefix);
  return {
    cards: () => readCards(redis, names),
    models: () => readModels(redis, names),
    modelsSince: async () => {
      const since = Object.entries(await redis.hgetall(names.modelsSince));
      return Object.fromEntries(since.map(([model, second]) => [model, Number(second)]));
    },
    leader: async () => {
      const value = await redis.get(names.leader);
      return value === null ? null : leaderIdOf(value);
    },
    rules: async () => {
      const text = await redis.get(names.rules);
      return text === null ? undefined : (JSON.parse(text) as PlacingRules);
    },
    order: (card, order) => orderCard(redis, names, card, order),
    close: () => closeRedis(redis),
  };
}

/** By name; also those whose cards are all gone. */
export async function readModels(redis: Redis, names: Names): Promise<ModelInfo[]> {
  return Object.values(await redis.hgetall(names.models))
    .map((text) => JSON.parse(text) as ModelInfo)
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Cards whose heartbeats are not overdue, by name, and what was ordered of them. */
export async function readCards(redis: Redis, names: Names): Promise<CardView[]> {
  const cards = (await redis.smembers(names.cards)).sort();
  const reads = redis.pipeline();
  for (const card of cards) reads.hget(names.card(card), 'view').hlen(names.placements(card));
  const cordons = await redis.hgetall(names.cordons);
  const replies = ((await reads.exec()) ?? []).map(([error, reply]) => {
    if (error) throw error;
    return reply;
  });
  return cards.flatMap((card, at): CardView[] => {
    const [view, placed] = [replies[2 * at], replies[2 * at + 1]];
    if (typeof view !== 'string') return [];
    const ordered = cordons[card];
    const cordon = ordered === 'draining' && placed === 0 ? 'drained' : ordered;
    return [{ ...(JSON.parse(view) as CardView), ...(cordon && { cordon: cordon as CardView['cordon'] }) }];
  });
}

/** Per card, what was placed on it and has not ended. */
export async function readPlacements(
  redis: Redis,
  names: Names,
  cards: readonly string[],
): Promise<Map<string, Placement[]>> {
  const reads = redis.pipeline();
  for (const card of cards) reads.hvals(names.placements(card));
  const replies = (await reads.exec()) ?? [];
  return new Map(
    cards.map((card, at) => {
      const [error, values] = replies[at] ?? [null, []];
      if (error) throw error;
      return [card, (values as string[]).map((text) => JSON.parse(text) as Placement)];
    }),
  );
}
