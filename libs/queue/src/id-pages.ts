import type { Redis } from 'ioredis';

export interface IdPage {
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  /** The id need not be there any more. */
  readonly after?: string | undefined;
}

/**
 * Ids that sort by the moment they were made lie in a sorted set without scores: a cursor is an id, and nothing is shown
 * twice or left out however many come or go meanwhile.
 */
export async function readIds(
  redis: Redis,
  index: string,
  { limit, order, after }: IdPage,
): Promise<string[]> {
  const from = after === undefined ? undefined : `(${after}`;
  return order === 'desc'
    ? redis.zrevrangebylex(index, from ?? '+', '-', 'LIMIT', 0, limit)
    : redis.zrangebylex(index, from ?? '-', '+', 'LIMIT', 0, limit);
}
