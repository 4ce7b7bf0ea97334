import { z } from 'zod';
import { ModelInfo } from '@gistpool/contracts';

/** One model, as clients of OpenAI's API see it, and what gistpool knows besides. `cards` = 0: no card serves it at the moment. */
export const ModelObject = z.object({
  id: z.string(),
  object: z.literal('model'),
  /** Unix second at which it was announced first. */
  created: z.int(),
  owned_by: z.literal('gistpool'),
  ...ModelInfo.shape,
  cards: z.int(),
});
export type ModelObject = z.infer<typeof ModelObject>;

/** What `GET /v1/models` answers. */
export const ModelPage = z.object({ object: z.literal('list'), data: z.array(ModelObject) });
export type ModelPage = z.infer<typeof ModelPage>;
