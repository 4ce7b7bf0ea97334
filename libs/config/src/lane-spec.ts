import { z } from 'zod';

/** `SLOTSxCELLS[,SLOTSxCELLS…]`, e.g. `32x512` or `32x512,4x2048`: the lanes of a card. */
export const LaneSpecs = z
  .string()
  .regex(/^\d+x\d+(,\d+x\d+)*$/, 'expected SLOTSxCELLS, e.g. 32x512 or 32x512,4x2048')
  .transform((text) =>
    text.split(',').map((part) => {
      const [slots = 0, cells = 0] = part.split('x').map(Number);
      return { slots, cells };
    }),
  )
  .refine((lanes) => lanes.every((lane) => lane.slots >= 1 && lane.slots <= 256), {
    message: 'a lane has 1 to 256 slots',
  })
  .refine((lanes) => lanes.every((lane) => lane.cells >= 1), { message: 'a slot has at least 1 cell' });
export type LaneSpec = { slots: number; cells: number };
