import { z } from 'zod';

export interface LaneSpec {
  readonly slots: number;
  readonly cells: number;
}

/**
 * The lanes of a card: `SLOTSxCELLS[,SLOTSxCELLS…]`, e.g. `32x512` or `32x512,4x2048`; or `auto`: the card measures what a
 * step costs and chooses by what sessions are expected to hold.
 */
export const LaneSpecs = z
  .string()
  .regex(/^(auto|\d+x\d+(,\d+x\d+)*)$/, 'expected auto or SLOTSxCELLS, e.g. 32x512 or 32x512,4x2048')
  .transform((text): 'auto' | LaneSpec[] => (text === 'auto' ? text : text.split(',').map(laneOf)))
  .refine((lanes) => lanes === 'auto' || lanes.every(({ slots }) => slots >= 1 && slots <= 256), {
    message: 'a lane has 1 to 256 slots',
  })
  .refine((lanes) => lanes === 'auto' || lanes.every(({ cells }) => cells >= 1), {
    message: 'a slot has at least 1 cell',
  });

function laneOf(text: string): LaneSpec {
  const [slots = 0, cells = 0] = text.split('x').map(Number);
  return { slots, cells };
}
