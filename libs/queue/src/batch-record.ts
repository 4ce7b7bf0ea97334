import {
  DEFAULT_TENANT,
  type BatchEndpoint,
  type BatchError,
  type BatchStatus,
  type WebhookRequest,
} from '@gistpool/contracts';

/** What never changes of a batch. Times are Unix milliseconds. */
export interface NewBatch {
  readonly id: string;
  readonly tenant: string;
  readonly endpoint: BatchEndpoint;
  readonly inputFileId: string;
  readonly completionWindow: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly webhook?: WebhookRequest;
}

export interface BatchRecord extends NewBatch {
  readonly status: BatchStatus;
  /** When it came into each status it has been in. */
  readonly atMs: Readonly<Partial<Record<BatchStatus, number>>>;
  /** Lines that are not blank; 0 as long as they are not counted. */
  readonly total: number;
  readonly completed: number;
  /** Lines that got no answer, for whatever reason. */
  readonly failed: number;
  /** Its window ran out before all lines had ended. */
  readonly isExpiring: boolean;
  readonly outputFileId?: string;
  readonly errorFileId?: string;
  readonly errors?: readonly BatchError[];
}

/** Fields of the hash that are written besides `spec`, `status` and `at:*`. */
export interface BatchFields {
  readonly total?: number;
  readonly isExpiring?: boolean;
  readonly outputFileId?: string;
  readonly errorFileId?: string;
  readonly errors?: readonly BatchError[];
}

export const toFields = (fields: BatchFields): [string, string][] =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, JSON.stringify(value)]);

const STATUS_TIME = 'at:';

/** `counts` are those of the lines' sets; once it has ended they are in the hash. */
export function batchRecordOf(
  fields: Readonly<Record<string, string>>,
  counts: { completed: number; failed: number },
): BatchRecord | undefined {
  const { spec, status } = fields;
  if (spec === undefined || status === undefined) return undefined;
  const json = <T>(name: string): T | undefined =>
    fields[name] === undefined ? undefined : (JSON.parse(fields[name]) as T);
  const times = Object.entries(fields)
    .filter(([name]) => name.startsWith(STATUS_TIME))
    .map(([name, value]) => [name.slice(STATUS_TIME.length), Number(value)]);
  const optional = <K extends keyof BatchRecord>(name: K) => {
    const value = json<BatchRecord[K]>(name);
    return value === undefined ? {} : ({ [name]: value } as Record<K, NonNullable<BatchRecord[K]>>);
  };
  return {
    // Batches of an older version name none.
    tenant: DEFAULT_TENANT,
    ...(JSON.parse(spec) as Omit<NewBatch, 'tenant'> & Partial<Pick<NewBatch, 'tenant'>>),
    status: status as BatchStatus,
    atMs: Object.fromEntries(times) as BatchRecord['atMs'],
    total: json('total') ?? 0,
    completed: json('completed') ?? counts.completed,
    failed: json('failed') ?? counts.failed,
    isExpiring: json('isExpiring') ?? false,
    ...optional('outputFileId'),
    ...optional('errorFileId'),
    ...optional('errors'),
  };
}
