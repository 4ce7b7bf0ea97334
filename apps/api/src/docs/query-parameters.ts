import type { z } from 'zod';
import type { Parameter } from './operation';
import { inlineSchema, type JsonSchema } from './schemas';

/** The parameters of a query, from the schema that reads it: those that `notes` tells of, in its order. */
export function queryParameters<S extends z.ZodObject>(
  schema: S,
  notes: Readonly<Partial<Record<keyof z.output<S> & string, string>>>,
): Parameter[] {
  const properties = (inlineSchema(schema, 'input')['properties'] ?? {}) as Record<string, JsonSchema>;
  return Object.entries<string | undefined>(notes).map(([name, description = '']) => ({
    name,
    in: 'query',
    description,
    schema: properties[name] ?? { type: 'string' },
  }));
}
