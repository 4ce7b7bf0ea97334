import {
  TERMINAL_STATES,
  type FinishReason,
  type JobFailure,
  type JobState,
  type ResolvedLimits,
  type Usage,
  type WebhookRequest,
} from '@gistpool/contracts';
import type { Course } from '@gistpool/core';
import type { JobRecord, NewJob } from './types';

/**
 * A job's record is a Redis hash. What never changes is JSON under `spec`; what filters, scripts and the
 * scheduler look at, and what changes, has a field of its own. `seq`, `token`, `write`, `held`, `cancel`, `ends` and
 * `logDropped` are ours alone: place in the indexes, lease of the last placement, its last write, incarnation that works on
 * it, how it is to stop ('1' = 'cancel'), times it ended with somebody to tell, lines its log has lost. So are
 * `countedTokens` and `countedKvByteSeconds`: what of its usage counts for its tenant already.
 */
export type RecordFields = Readonly<Record<string, string>>;

type Spec = Omit<
  NewJob,
  | 'model'
  | 'tenant'
  | 'task'
  | 'batch'
  | 'priority'
  | 'predictedPeakCells'
  | 'createdAtMs'
  | 'promptTokens'
  | 'limits'
  | 'line'
  | 'messages'
  | 'traceparent'
  | 'tags'
  | 'notBeforeMs'
  | 'deadlineMs'
  | 'dedupeKey'
  | 'webhook'
>;

export const FILTER_FIELDS = ['model', 'tenant', 'task', 'batch', 'state'] as const;
/** Tags as the record has them: JSON, or nothing. */
export const hasTag = (tags: string | null | undefined, tag: string): boolean =>
  typeof tags === 'string' && (JSON.parse(tags) as string[]).includes(tag);

export function fieldsOfNewJob(job: NewJob): [field: string, value: string][] {
  const { model, tenant, task, batch, priority, predictedPeakCells, createdAtMs, ...rest } = job;
  const { promptTokens, limits, line, messages, traceparent, ...more } = rest;
  const { tags = [], notBeforeMs, deadlineMs, dedupeKey, webhook, ...spec } = more;
  const optional = (field: string, value: string | number | undefined): [field: string, value: string][] =>
    value === undefined ? [] : [[field, String(value)]];
  return [
    ['model', model],
    ['tenant', tenant],
    ...optional('task', task),
    ...optional('batch', batch),
    ...optional('traceparent', traceparent),
    ...optional('tags', tags.length === 0 ? undefined : JSON.stringify(tags)),
    ...optional('notBeforeMs', notBeforeMs),
    ...optional('deadlineMs', deadlineMs),
    ...optional('dedupeKey', dedupeKey),
    ...optional('webhook', webhook && JSON.stringify(webhook)),
    // Read by scripts.
    ...optional('webhookEvents', webhook && (webhook.events ?? TERMINAL_STATES).join(' ')),
    ['priority', String(priority)],
    ['predictedPeakCells', String(predictedPeakCells)],
    ['createdAtMs', String(createdAtMs)],
    ['promptTokens', String(promptTokens)],
    ['limits', JSON.stringify(limits)],
    ['spec', JSON.stringify(spec)],
    ['messages', JSON.stringify(messages)],
    ...optional('line', line),
    ['crashes', '0'],
    ['failedAttempts', '0'],
    ['resumes', '0'],
    ['outgrown', '0'],
  ];
}

const optionalNumber = (value: string | undefined): number | undefined =>
  value === undefined ? undefined : Number(value);
const optionalJson = <T>(value: string | undefined): T | undefined =>
  value === undefined ? undefined : (JSON.parse(value) as T);

/** Keys without a value are left out, as exactOptionalPropertyTypes wants it. */
function present<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** Undefined when there is no such record. */
export function recordOf(fields: RecordFields): JobRecord | undefined {
  const { spec, state, model, tenant } = fields;
  if (spec === undefined || state === undefined || model === undefined || tenant === undefined)
    return undefined;
  // Records of an older version have their messages in `spec`.
  const { messages = [], ...rest } = JSON.parse(spec) as Spec & Partial<Pick<JobRecord, 'messages'>>;
  return {
    ...rest,
    messages: optionalJson<JobRecord['messages']>(fields['messages']) ?? messages,
    model,
    tenant,
    priority: Number(fields['priority'] ?? 0),
    predictedPeakCells: Number(fields['predictedPeakCells'] ?? 0),
    createdAtMs: Number(fields['createdAtMs'] ?? 0),
    promptTokens: Number(fields['promptTokens'] ?? 0),
    limits: JSON.parse(fields['limits'] ?? '{}') as ResolvedLimits,
    state: state as JobState,
    crashes: Number(fields['crashes'] ?? 0),
    failedAttempts: Number(fields['failedAttempts'] ?? 0),
    resumes: Number(fields['resumes'] ?? 0),
    outgrown: Number(fields['outgrown'] ?? 0),
    ...present({
      task: fields['task'],
      tags: optionalJson<string[]>(fields['tags']),
      notBeforeMs: optionalNumber(fields['notBeforeMs']),
      deadlineMs: optionalNumber(fields['deadlineMs']),
      dedupeKey: fields['dedupeKey'],
      webhook: optionalJson<WebhookRequest>(fields['webhook']),
      resultDeleted: fields['resultDeleted'] === undefined ? undefined : true,
      batch: fields['batch'],
      line: optionalNumber(fields['line']),
      traceparent: fields['traceparent'],
      placedAtMs: optionalNumber(fields['placedAtMs']),
      promisedPeakCells: optionalNumber(fields['promisedPeakCells']),
      promisedAtMs: optionalNumber(fields['promisedAtMs']),
      reservedCells: optionalNumber(fields['reservedCells']),
      finishedAtMs: optionalNumber(fields['finishedAtMs']),
      card: fields['card'],
      thoughts: optionalNumber(fields['thoughts']),
      peakCells: optionalNumber(fields['peakCells']),
      finishReason: fields['finishReason'] as FinishReason | undefined,
      failure: optionalJson<JobFailure>(fields['failure']),
      usage: optionalJson<Usage>(fields['usage']),
      course: optionalJson<Course>(fields['course']),
    }),
  };
}

/** Fields and values in turn, as HGETALL answers inside a script. */
export function pairsToFields(flat: readonly string[]): RecordFields {
  const fields: Record<string, string> = {};
  for (let at = 0; at + 1 < flat.length; at += 2) fields[flat[at] ?? ''] = flat[at + 1] ?? '';
  return fields;
}
