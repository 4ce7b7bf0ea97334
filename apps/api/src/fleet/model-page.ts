import { z } from 'zod';
import { ModelInfo } from '@gistpool/contracts';

/** What `GET /v1/models` answers. `cards` = 0: known, but no card serves it at the moment. */
export const ModelPage = z.object({
  object: z.literal('list'),
  data: z.array(z.object({ id: z.string(), object: z.literal('model'), ...ModelInfo.shape, cards: z.int() })),
});
export type ModelPage = z.infer<typeof ModelPage>;
