import { z } from 'zod';
import {
  ApiErrorBody,
  AuditEntry,
  AuditPage,
  BatchObject,
  BatchPage,
  BatchReceipt,
  BatchRequest,
  BulkReceipt,
  BulkRequest,
  CancelReceipt,
  CardReceipt,
  CardView,
  ChatCompletion,
  ChatCompletionChunk,
  ChatRequest,
  CompletionRequest,
  CompletionUsage,
  DeliveryPage,
  FileDeleted,
  FileObject,
  FilePage,
  FleetView,
  JobCounts,
  JobCourse,
  JobEvent,
  JobFailure,
  JobLimits,
  JobLog,
  JobPage,
  JobRequest,
  JobResult,
  JobState,
  JobView,
  JobWait,
  KeyIssued,
  KeyPage,
  KeyRequest,
  KeyView,
  LaneView,
  LoginRequest,
  Message,
  ModelInfo,
  ModelScaling,
  OrderReceipt,
  PlacementView,
  PredictionExplanation,
  PredictionGroup,
  PredictionsView,
  QueueOrder,
  QueuePage,
  Quotas,
  ReprioritizeRequest,
  RotateRequest,
  Sampling,
  ScalingView,
  SessionView,
  SlotView,
  TextCompletion,
  TextCompletionChunk,
  StoredRequest,
  TenantChange,
  TenantPage,
  TenantRequest,
  TenantUsage,
  TenantView,
  Usage,
  WebhookDelivery,
} from '@gistpool/contracts';
import { ModelObject, ModelPage } from '../fleet/model-page';
import { Liveness, Readiness } from '../health/health';
import { NEUTRAL_VALUES } from '../openai/requests/unsupported';
import { FIELD_NOTES } from './field-notes';

export type JsonSchema = Record<string, unknown>;

export const ErrorAnswer = z.object({ error: ApiErrorBody });

/** Sent to the api: a field with a default may be left out. */
const REQUESTS = {
  JobRequest,
  JobLimits,
  Sampling,
  Message,
  BulkRequest,
  ReprioritizeRequest,
  QueueOrder,
  BatchRequest,
  ChatRequest,
  CompletionRequest,
  LoginRequest,
  KeyRequest,
  RotateRequest,
  TenantRequest,
  TenantChange,
};

/** Sent by the api. */
const ANSWERS = {
  JobView,
  JobState,
  JobResult,
  JobFailure,
  JobCourse,
  Usage,
  JobPage,
  JobCounts,
  StoredRequest,
  CancelReceipt,
  OrderReceipt,
  BulkReceipt,
  JobLog,
  DeliveryPage,
  WebhookDelivery,
  QueuePage,
  PlacementView,
  JobWait,
  BatchReceipt,
  JobEvent,
  FileObject,
  FilePage,
  FileDeleted,
  BatchObject,
  BatchPage,
  ChatCompletion,
  ChatCompletionChunk,
  TextCompletion,
  TextCompletionChunk,
  CompletionUsage,
  ModelObject,
  FleetView,
  CardView,
  CardReceipt,
  LaneView,
  SlotView,
  ModelInfo,
  ModelPage,
  ScalingView,
  ModelScaling,
  PredictionsView,
  PredictionGroup,
  PredictionExplanation,
  SessionView,
  KeyView,
  KeyIssued,
  KeyPage,
  TenantView,
  TenantPage,
  TenantUsage,
  Quotas,
  AuditPage,
  AuditEntry,
  Readiness,
  Liveness,
  ApiError: ErrorAnswer,
  ApiErrorBody,
};

export type SchemaName = keyof typeof REQUESTS | keyof typeof ANSWERS;

/** `#/components/schemas` of the OpenAPI document, made from the zod schemas that the code itself uses. */
export function componentSchemas(): Record<string, JsonSchema> {
  const made = { ...converted(REQUESTS, 'input'), ...converted(ANSWERS, 'output') };
  const schemas = Object.fromEntries(
    Object.entries(made).map(([name, schema]) => [name, withNotes(name, schema)]),
  );
  return {
    ...schemas,
    JobRequest: {
      ...schemas['JobRequest'],
      oneOf: [{ required: ['prompt'] }, { required: ['messages'] }],
      not: { required: ['delay_ms', 'not_before'] },
    },
    ChatRequest: withNeutralFields(schemas['ChatRequest'] ?? {}),
    CompletionRequest: withNeutralFields(schemas['CompletionRequest'] ?? {}),
  };
}

/** Whether it is sent to the api; else the api sends it. */
export const isRequestSchema = (name: string): boolean => Object.hasOwn(REQUESTS, name);

function withNotes(name: string, schema: JsonSchema): JsonSchema {
  const { properties } = schema;
  const notes = FIELD_NOTES[name];
  if (notes === undefined || typeof properties !== 'object' || properties === null) return schema;
  const noted = Object.entries(properties).map(([field, type]) => {
    const description = notes[field];
    return [field, description === undefined ? type : { ...(type as JsonSchema), description }];
  });
  return { ...schema, properties: Object.fromEntries(noted) as JsonSchema };
}

/** Clients of OpenAI's API send null for what they leave out, and fields that ask for nothing. */
function withNeutralFields(schema: JsonSchema): JsonSchema {
  const { properties, required } = schema as { properties: Record<string, JsonSchema>; required: string[] };
  const own = Object.entries(properties).map(([name, type]) => {
    const { description, ...rest } = type;
    const noted = description === undefined ? {} : { description };
    return [name, required.includes(name) ? type : { anyOf: [rest, { type: 'null' }], ...noted }] as const;
  });
  const neutral = Object.entries(NEUTRAL_VALUES)
    .filter(([name]) => !Object.hasOwn(properties, name))
    .map(([name, values]) => [name, { enum: [null, ...values.map(parsed)] }] as const);
  return { ...schema, properties: Object.fromEntries([...own, ...neutral]) };
}

/** Lists and objects are compared as JSON text. */
const parsed = (value: unknown): unknown =>
  typeof value === 'string' && /^[[{]/.test(value) ? (JSON.parse(value) as unknown) : value;

/** A schema that is used in one place only, written out there. */
export function inlineSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  return tidied(z.toJSONSchema(schema, { io, target: 'draft-2020-12' }), io);
}

function converted(schemas: Record<string, z.ZodType>, io: 'input' | 'output'): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const { schemas: made } = z.toJSONSchema(registry, {
    io,
    target: 'draft-2020-12',
    uri: (id) => `#/components/schemas/${id}`,
  });
  return Object.fromEntries(Object.entries(made).map(([id, schema]) => [id, tidied(schema, io)]));
}

/** Answers may gain fields, so a reader must not refuse unknown ones; requests are strict and say so. */
function tidied(schema: object, io: 'input' | 'output'): JsonSchema {
  const { $schema: _schema, $id: _id, ...rest } = schema as JsonSchema;
  return io === 'input' ? rest : (withoutClosedObjects(rest) as JsonSchema);
}

function withoutClosedObjects(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutClosedObjects);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).filter(
    ([key, value]) => !(key === 'additionalProperties' && value === false),
  );
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutClosedObjects(value)]));
}
