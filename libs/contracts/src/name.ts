import { z } from 'zod';

/** Of a model, task, tenant or tag. */
export const Name = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, dot, dash and underscore only');

export const Priority = z.int().min(0).max(1_000_000);

export const Tags = z
  .array(Name)
  .max(16)
  .refine((tags) => new Set(tags).size === tags.length, 'a tag is there twice')
  .meta({ uniqueItems: true });
