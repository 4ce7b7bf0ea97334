import type { Redis } from 'ioredis';
import { isTerminal, type JobState, type ResolvedLimits } from '@gistpool/contracts';
import type { Names } from './names';
import type { StopRequest } from './types';

/** What placing needs to know of a job, at work or not; the prompt stays in Redis. See JobRecord. */
export interface JobOutline {
  readonly id: string;
  readonly model: string;
  readonly tenant: string;
  readonly task?: string;
  readonly priority: number;
  readonly createdAtMs: number;
  readonly promptTokens: number;
  readonly limits: ResolvedLimits;
  /** Upper bound, whatever the model samples. */
  readonly predictedPeakCells: number;
  /** What it needed at least where it outgrew its place. */
  readonly peakCells?: number;
  readonly outgrown: number;
  /** Of its last placement. */
  readonly reservedCells?: number;
  readonly promisedPeakCells?: number;
  readonly promisedAtMs?: number;
  readonly thoughts: number;
  readonly crashes: number;
  /** Times it went on from a checkpoint. */
  readonly resumes: number;
  readonly stopRequested?: StopRequest;
  readonly traceparent?: string;
}

/** Fields of a record that make its outline, in the order in which scripts answer them. */
export const OUTLINE_FIELDS = [
  'model',
  'tenant',
  'task',
  'priority',
  'createdAtMs',
  'promptTokens',
  'limits',
  'predictedPeakCells',
  'peakCells',
  'outgrown',
  'reservedCells',
  'promisedPeakCells',
  'promisedAtMs',
  'thoughts',
  'crashes',
  'resumes',
  'cancel',
  'state',
  'traceparent',
] as const;
type Field = (typeof OUTLINE_FIELDS)[number];

/** In the order asked; undefined: there is no such job. `state` is its own when it has ended. */
export async function readOutlines(
  redis: Redis,
  names: Names,
  ids: readonly string[],
): Promise<({ outline: JobOutline; ended?: JobState } | undefined)[]> {
  const reads = redis.pipeline();
  for (const id of ids) reads.hmget(names.record(id), ...OUTLINE_FIELDS);
  const replies = (await reads.exec()) ?? [];
  return ids.map((id, at) => {
    const [error, values] = replies[at] ?? [null, []];
    if (error) throw error;
    return outlineOf(id, values as (string | null)[]);
  });
}

/** Those that are gone or have ended are left out. */
export async function readOutlinesAtWork(
  redis: Redis,
  names: Names,
  ids: readonly string[],
): Promise<JobOutline[]> {
  const found = await readOutlines(redis, names, ids);
  return found.flatMap((one) => (one === undefined || one.ended !== undefined ? [] : [one.outline]));
}

/** Undefined: there is no such job. `ended` is the state in which it ended; `isSetAside`: it is to be in no queue. */
export function outlineOf(
  id: string,
  values: readonly (string | null)[],
): { outline: JobOutline; ended?: JobState; isSetAside?: boolean } | undefined {
  const of = (field: Field) => values[OUTLINE_FIELDS.indexOf(field)] ?? undefined;
  const [model, tenant, state, limits] = [of('model'), of('tenant'), of('state'), of('limits')];
  if (!model || !tenant || !state || !limits) return undefined;
  const number = (field: Field) => Number(of(field) ?? 0);
  const optional = <F extends Field>(field: F): { [P in F]?: number } =>
    of(field) === undefined ? {} : ({ [field]: number(field) } as { [P in F]: number });
  const [task, traceparent, stop] = [of('task'), of('traceparent'), stopOf(of('cancel'))];
  const outline: JobOutline = {
    id,
    model,
    tenant,
    ...(task === undefined ? {} : { task }),
    priority: number('priority'),
    createdAtMs: number('createdAtMs'),
    promptTokens: number('promptTokens'),
    limits: JSON.parse(limits) as ResolvedLimits,
    predictedPeakCells: number('predictedPeakCells'),
    ...optional('peakCells'),
    outgrown: number('outgrown'),
    ...optional('reservedCells'),
    ...optional('promisedPeakCells'),
    ...optional('promisedAtMs'),
    thoughts: number('thoughts'),
    crashes: number('crashes'),
    resumes: number('resumes'),
    ...(stop === undefined ? {} : { stopRequested: stop }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  if (isTerminal(state as JobState)) return { outline, ended: state as JobState };
  return state === 'delayed' || state === 'paused' ? { outline, isSetAside: true } : { outline };
}

/** How a record says that its job is to stop; a flag of an older version means a cancel. */
export const stopOf = (flag: string | null | undefined): StopRequest | undefined =>
  typeof flag !== 'string' ? undefined : flag === 'expire' || flag === 'pause' ? flag : 'cancel';
