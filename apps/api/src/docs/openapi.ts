import { gateAnswers, SECURITY_SCHEMES, securityOf } from './access-answers';
import { ACCESS_OPERATIONS } from './access-operations';
import { bodyAnswers } from './body-answers';
import { BATCH_OPERATIONS } from './batch-operations';
import { FLEET_OPERATIONS } from './fleet-operations';
import { JOB_OPERATIONS } from './job-operations';
import { OPENAI_BATCH_OPERATIONS } from './openai-batch-operations';
import { OPENAI_CHAT_OPERATIONS } from './openai-chat-operations';
import { OPENAI_FILE_OPERATIONS } from './openai-file-operations';
import type { Answer, Operation, Tag } from './operation';
import { ORDER_OPERATIONS } from './order-operations';
import { PREDICTION_OPERATIONS } from './prediction-operations';
import { SCALING_OPERATIONS } from './scaling-operations';
import { componentSchemas, type JsonSchema } from './schemas';

export const OPERATIONS: readonly Operation[] = [
  ...JOB_OPERATIONS,
  ...ORDER_OPERATIONS,
  ...BATCH_OPERATIONS,
  ...OPENAI_CHAT_OPERATIONS,
  ...OPENAI_FILE_OPERATIONS,
  ...OPENAI_BATCH_OPERATIONS,
  ...PREDICTION_OPERATIONS,
  ...SCALING_OPERATIONS,
  ...FLEET_OPERATIONS,
  ...ACCESS_OPERATIONS,
];

export const TAGS: Record<Tag, string> = {
  Jobs: 'One question each: submit, watch, read, order.',
  Batches: 'Many jobs from one body.',
  OpenAI: 'For clients of the OpenAI API, unchanged: times are Unix seconds, errors carry a `type` as well.',
  Predictions: 'What the pool has learnt from jobs that ended.',
  Fleet: 'The cards and what they hold.',
  Access: 'Keys, tenants and what they may do.',
  Operations: 'For those who run the pool.',
};

export interface OpenApi {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, JsonSchema>>;
    readonly schemas: Readonly<Record<string, JsonSchema>>;
  };
}

export function openApi(): OpenApi {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const operation of OPERATIONS) (paths[operation.path] ??= {})[operation.method] = described(operation);
  return {
    openapi: '3.1.0',
    info: {
      title: 'gistpool',
      version: '0.1.0',
      description:
        'Long reasoning jobs in bulk on your own cards. Every error has the shape `{"error": {"code", "message", "param"}}`. Times are Unix milliseconds; cells are token positions of the KV cache.',
    },
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: { securitySchemes: SECURITY_SCHEMES, schemas: componentSchemas() },
  };
}

function described(operation: Operation): JsonSchema {
  const { id, tag, summary, description, parameters, body, answers } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    security: securityOf(operation),
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: bodyOf(body) }),
    responses: Object.fromEntries(
      [...gateAnswers(operation), ...bodyAnswers(operation), ...answers].map((answer) => [
        String(answer.status),
        responseOf(answer),
      ]),
    ),
  };
}

function bodyOf(body: NonNullable<Operation['body']>): JsonSchema {
  const content = { schema: schemaOf(body.schema), example: body.example };
  return {
    required: body.isOptional !== true,
    ...(body.description === undefined ? {} : { description: body.description }),
    content: Object.fromEntries(body.types.map((type) => [type, content])),
  };
}

function responseOf({ description, headers, type, schema, streamOf }: Answer): JsonSchema {
  return {
    description,
    ...(headers === undefined
      ? {}
      : {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, text]) => [
              name,
              { description: text, schema: { type: 'string' } },
            ]),
          ),
        }),
    ...(schema === undefined
      ? {}
      : {
          content: {
            [type ?? JSON_TYPE]: { schema: type === STREAM_TYPE ? eventOf(schema) : schemaOf(schema) },
            ...(streamOf === undefined ? {} : { [STREAM_TYPE]: { schema: eventOf(streamOf, '[DONE]') } }),
          },
        }),
  };
}

const schemaOf = (schema: string | JsonSchema): JsonSchema =>
  typeof schema === 'string' ? { $ref: `#/components/schemas/${schema}` } : schema;

const JSON_TYPE = 'application/json';
const STREAM_TYPE = 'text/event-stream';

/** One server-sent event; `last` is told at the end, and no JSON. */
function eventOf(schema: string | JsonSchema, last?: string): JsonSchema {
  const json = { type: 'string', contentMediaType: JSON_TYPE, contentSchema: schemaOf(schema) };
  return {
    type: 'object',
    properties: {
      id: { type: 'string' },
      event: { type: 'string' },
      data: last === undefined ? json : { anyOf: [{ const: last }, json] },
    },
  };
}
