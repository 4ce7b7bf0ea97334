import { z } from 'zod';

/** Query of `GET /scaling`. */
export const ScalingQuery = z.strictObject({
  model: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'is not the name of a model')
    .optional(),
});
