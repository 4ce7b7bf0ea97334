import type { FinishReason, JobFailure, JobState, ResolvedLimits, Usage } from '@gistpool/contracts';
import type { Course } from '@gistpool/core';
import type { JobRecord, NewJob } from './types';

/**
 * A job's record is a Redis hash. What never changes is JSON under `spec`; what filters, scripts and the
 * scheduler look at, and what changes, has a field of its own. `seq`, `token`, `write`, `held` and `cancel` are ours alone:
 * place in the indexes, lease of the last placement, its last write, incarnation that works on it, cancel flag.
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
>;

export const FILTER_FIELDS = ['model', 'tenant', 'task', 'batch', 'state'] as const;

export function fieldsOfNewJob(job: NewJob): [field: string, value: string][] {
  const { model, tenant, task, batch, priority, predictedPeakCells, createdAtMs, ...rest } = job;
  const { promptTokens, limits, line, messages, traceparent, ...spec } = rest;
  return [
    ['model', model],
    ['tenant', tenant],
    ...(task === undefined ? [] : [['task', task] as [string, string]]),
    ...(batch === undefined ? [] : [['batch', batch] as [string, string]]),
    ...(traceparent === undefined ? [] : [['traceparent', traceparent] as [string, string]]),
    ['priority', String(priority)],
    ['predictedPeakCells', String(predictedPeakCells)],
    ['createdAtMs', String(createdAtMs)],
    ['promptTokens', String(promptTokens)],
    ['limits', JSON.stringify(limits)],
    ['spec', JSON.stringify(spec)],
    ['messages', JSON.stringify(messages)],
    ...(line === undefined ? [] : [['line', String(line)] as [string, string]]),
    ['crashes', '0'],
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
    resumes: Number(fields['resumes'] ?? 0),
    outgrown: Number(fields['outgrown'] ?? 0),
    ...present({
      task: fields['task'],
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
