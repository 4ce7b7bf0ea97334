import type { Redis } from 'ioredis';
import type { CardLane } from '@gistpool/core';
import type { CardView } from '@gistpool/contracts';
import type { Names } from './names';

export const cardLanesOf = ({ lanes }: Pick<CardView, 'lanes'>): CardLane[] =>
  lanes.map(({ slots, cells_per_slot: slotCells, shared_cells: sharedCells }) => ({
    slots: slots.length,
    slotCells,
    ...(sharedCells !== undefined && { sharedCells }),
  }));

/** By model: the lanes of the card that announced itself last. They outlive it, so that an empty fleet can be planned for. */
export async function readCardShapes(redis: Redis, names: Names): Promise<Map<string, CardLane[]>> {
  const shapes = Object.entries(await redis.hgetall(names.cardShapes));
  return new Map(shapes.map(([model, text]) => [model, JSON.parse(text) as CardLane[]]));
}
