import type { JsonSchema, SchemaName } from './schemas';

export type Tag = 'Jobs' | 'Batches' | 'OpenAI' | 'Predictions' | 'Fleet' | 'Access' | 'Operations';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description: string;
  readonly schema: JsonSchema;
}

export interface Answer {
  readonly status: number;
  readonly description: string;
  readonly type?: string;
  /** Name of a component, or a schema written out. */
  readonly schema?: SchemaName | JsonSchema;
  /** What the other form that it may have, server-sent events, carries. */
  readonly streamOf?: SchemaName;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One route as the documentation tells it. */
export interface Operation {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  readonly path: string;
  readonly id: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: {
    readonly description?: string;
    /** It may be left out. */
    readonly isOptional?: true;
    readonly types: readonly string[];
    readonly schema: SchemaName | JsonSchema;
    readonly example: unknown;
  };
  readonly answers: readonly Answer[];
  /** As one would type it, with `$URL` for the address of the api. */
  readonly curl: string;
}

export const failure = (
  status: number,
  description: string,
  headers?: Readonly<Record<string, string>>,
): Answer => ({
  status,
  description,
  schema: 'ApiError',
  ...(headers === undefined ? {} : { headers }),
});

export const AWAY = failure(
  503,
  'Redis, or every worker of the model, is away. Nothing was stored; send it again.',
  {
    'Retry-After': 'Seconds to wait.',
  },
);
