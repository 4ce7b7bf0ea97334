import { z } from 'zod';

export interface LaneSpec {
  readonly slots: number;
  readonly cells: number;
}

const PLANNED = ['auto', 'most'] as const;
/**
 * The card plans its lanes by what sessions are expected to hold: `auto` those that decode most by what a step costs here,
 * `most` those that hold the most sessions at once.
 */
type Planned = (typeof PLANNED)[number];

export const isPlanned = (lanes: Planned | readonly LaneSpec[] | undefined): lanes is Planned =>
  typeof lanes === 'string';

/** The lanes of a card: `SLOTSxCELLS[,SLOTSxCELLS…]`, e.g. `32x512` or `32x512,4x2048`; or how it plans them. */
export const LaneSpecs = z
  .string()
  .regex(
    /^(auto|most|\d+x\d+(,\d+x\d+)*)$/,
    'expected auto, most or SLOTSxCELLS, e.g. 32x512 or 32x512,4x2048',
  )
  .transform(
    (text): Planned | LaneSpec[] => PLANNED.find((name) => name === text) ?? text.split(',').map(laneOf),
  )
  .refine((lanes) => isPlanned(lanes) || lanes.every(({ slots }) => slots >= 1 && slots <= 256), {
    message: 'a lane has 1 to 256 slots',
  })
  .refine((lanes) => isPlanned(lanes) || lanes.every(({ cells }) => cells >= 1), {
    message: 'a slot has at least 1 cell',
  });

function laneOf(text: string): LaneSpec {
  const [slots = 0, cells = 0] = text.split('x').map(Number);
  return { slots, cells };
}
