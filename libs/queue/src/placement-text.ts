import { z } from 'zod';
import type { Placement } from './types';

/**
 * How a scheduler and a worker speak. Fields may be added that a reader may do without; for any other change the number
 * grows, and workers learn to read it a release before schedulers write it. Releases next to each other so understand
 * each other, whichever of them is replaced first.
 */
const VERSION = 1;

const PlacementShape = z.object({
  /** The release before wrote none, and means 1. */
  version: z.int().min(1).max(VERSION).optional(),
  jobId: z.string().min(1),
  queue: z.string().min(1),
  token: z.string().min(1),
  lane: z.int().min(0),
  reservedCells: z.int().min(0),
  placedAtMs: z.number(),
});

export const textOfPlacement = (placement: Placement): string =>
  JSON.stringify({ version: VERSION, ...placement });

/** Undefined: nothing that a worker of this release can take. The job comes back when its lease has run out. */
export function placementIn(text: string): Placement | undefined {
  try {
    const read = PlacementShape.safeParse(JSON.parse(text));
    if (!read.success) return undefined;
    const { version: _, ...placement } = read.data;
    return placement;
  } catch {
    return undefined;
  }
}
