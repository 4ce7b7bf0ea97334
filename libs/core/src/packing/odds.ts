import type { Gate } from './gate';

/** Deviations kept free for the sum of a pool's sessions; found on the simulator's seeds of development. */
export const PACKING_Z = 1.5;

/** When a newcomer leaves enough for the thoughts in progress. */
export const PACKING_GATE: Gate = { z: 1.5, chance: 0.1 };

/** Deviations of the sum of the floors to come that must find room; else the young wait at the end of their thought. */
export const GROWTH_Z = 1.5;

/** One pool in so many may be kept for a wide job. */
export const POOLS_PER_RESERVATION = 8;
