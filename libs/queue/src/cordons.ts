import type { Redis } from 'ioredis';
import type { CardOrder } from '@gistpool/contracts';
import type { Names } from './names';

/** What is kept of an order; it outlives the card's worker, until it is taken back. */
const KEPT = { cordon: 'cordoned', drain: 'draining' } as const;

/** False: there is no such card. */
export async function orderCard(
  redis: Redis,
  names: Names,
  card: string,
  order: CardOrder,
): Promise<boolean> {
  const [isThere, wasOrdered] = await Promise.all([
    redis.exists(names.card(card)),
    redis.hexists(names.cordons, card),
  ]);
  if (isThere === 0 && wasOrdered === 0) return false;
  if (order === 'uncordon') await redis.hdel(names.cordons, card);
  else await redis.hset(names.cordons, card, KEPT[order]);
  await redis.publish(names.changedChannel, '');
  return true;
}
