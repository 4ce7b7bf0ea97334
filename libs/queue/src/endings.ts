import type { Redis } from 'ioredis';
import type { ResolvedLimits, Usage } from '@gistpool/contracts';
import type { Course } from '@gistpool/core';
import type { Names } from './names';
import type { JobRecord, Placement } from './types';

/**
 * What a job that has ended teaches. Written in the same step as the end, so once for each job whatever dies; the leader
 * keeps what it has counted and how far in one document. A job that was lost with its worker leaves none: it goes on.
 */
export interface Ending {
  readonly jobId: string;
  readonly model: string;
  readonly tenant: string;
  readonly task?: string;
  readonly promptTokens: number;
  readonly limits: ResolvedLimits;
  /** `cancelled`: how far it would have come is not known. */
  readonly outcome: 'completed' | 'cancelled';
  /** When it was placed first, and what was predicted then. */
  readonly promisedAtMs: number;
  readonly promisedPeakCells: number;
  readonly course: Course;
  readonly peakCells: number;
  readonly runMs: number;
  readonly generatedTokens: number;
  /** How often it outgrew its place or was parked. Left out by versions that did not say. */
  readonly overflows?: number;
  /** Cells x milliseconds for which it held them, measured. */
  readonly cellMs: number;
}

export function endingOf(
  job: JobRecord,
  placement: Placement,
  outcome: Ending['outcome'],
  usage: Usage,
  course: Course,
): Ending {
  const { id: jobId, model, tenant, task, limits } = job;
  const { generated_tokens: generatedTokens, run_ms: runMs } = usage;
  return {
    jobId,
    model,
    tenant,
    ...(task === undefined ? {} : { task }),
    promptTokens: usage.prompt_tokens,
    limits,
    outcome,
    promisedAtMs: job.promisedAtMs ?? placement.placedAtMs,
    promisedPeakCells: job.promisedPeakCells ?? placement.reservedCells,
    course,
    peakCells: usage.peak_cells,
    runMs,
    generatedTokens,
    overflows: usage.overflows,
    cellMs: cellMsOf(usage),
  };
}

function cellMsOf({ kv_byte_seconds, kv_bytes_at_peak, peak_cells }: Usage): number {
  return kv_bytes_at_peak === 0 ? 0 : Math.round((kv_byte_seconds * 1000 * peak_cells) / kv_bytes_at_peak);
}

const READ_AT_ONCE = 500;

/** Those after `after` ('' = from the first that is kept), oldest first, and where to go on. */
export async function readEndings(
  redis: Redis,
  names: Names,
  after: string,
): Promise<{ endings: Ending[]; until: string }> {
  const start = after === '' ? '-' : `(${after}`;
  const entries = await redis.xrange(names.endings, start, '+', 'COUNT', READ_AT_ONCE);
  return {
    endings: entries.map(([, fields]) => JSON.parse(fields[1] ?? '') as Ending),
    until: entries.at(-1)?.[0] ?? after,
  };
}
