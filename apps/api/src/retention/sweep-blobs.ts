import { hasBatchEnded } from '@gistpool/contracts';
import { madeAtMs } from '../jobs/ids';
import type { Pool } from '../pool';
import type { KeepSettings } from './keep-settings';

/** A blob is written before anybody knows of it, and an upload takes its time: younger ones are let be. */
const ORPHAN_AFTER_MS = 24 * 3_600_000;
const AT_ONCE = 500;

interface Result {
  readonly jobId: string;
  readonly bytes: number;
  readonly finishedAtMs: number;
}

export interface Swept {
  /** Blobs of which nobody knows: left by a process that was killed between the blob and Redis. */
  readonly orphans: number;
  /** Results that were not to be kept any longer. */
  readonly results: number;
}

export async function sweepBlobs(
  pool: Pool,
  settings: KeepSettings,
  nowMs: number,
  signal: AbortSignal,
): Promise<Swept> {
  const isOrphanAge = (id: string) => {
    const atMs = madeAtMs(id);
    return atMs !== undefined && nowMs - atMs > ORPHAN_AFTER_MS;
  };
  const { ended, orphans } = await lookAtResults(pool, isOrphanAge, signal);
  for (const id of await unknownIds(pool, 'files/', isOrphanAge, signal)) orphans.push(`files/${id}`);
  for (const key of await partsOfEndedBatches(pool, isOrphanAge, signal)) orphans.push(key);
  const outdated = outdatedOf(ended, settings, nowMs);
  for (const key of orphans) await pool.blobs.delete(key);
  for (const { jobId } of outdated) await pool.blobs.delete(resultKey(jobId));
  for (let at = 0; at < outdated.length; at += AT_ONCE)
    await pool.retention.noteResultsDeleted(outdated.slice(at, at + AT_ONCE).map(({ jobId }) => jobId));
  return { orphans: orphans.length, results: outdated.length };
}

const resultKey = (jobId: string): string => `results/${jobId}.json`;

async function lookAtResults(
  pool: Pool,
  isOrphanAge: (id: string) => boolean,
  signal: AbortSignal,
): Promise<{ ended: Result[]; orphans: string[] }> {
  const ended: Result[] = [];
  const orphans: string[] = [];
  let piece: { jobId: string; bytes: number }[] = [];
  const look = async () => {
    const owners = await pool.retention.owners(piece.map(({ jobId }) => jobId));
    for (const [at, { jobId, bytes }] of piece.entries()) {
      const owner = owners[at];
      if (owner === undefined && isOrphanAge(jobId)) orphans.push(resultKey(jobId));
      if (owner?.hasEnded) ended.push({ jobId, bytes, finishedAtMs: owner.finishedAtMs });
    }
    piece = [];
  };
  for await (const { key, bytes } of pool.blobs.list('results/')) {
    signal.throwIfAborted();
    const jobId = /^results\/(.+)\.json$/.exec(key)?.[1];
    if (jobId !== undefined) piece.push({ jobId, bytes });
    if (piece.length === AT_ONCE) await look();
  }
  await look();
  return { ended, orphans };
}

/** Too old, and of the others the oldest as long as there are too many bytes. */
export function outdatedOf(
  ended: readonly Result[],
  { resultsMs, resultsBytes }: Pick<KeepSettings, 'resultsMs' | 'resultsBytes'>,
  nowMs: number,
): Result[] {
  let bytes = ended.reduce((sum, result) => sum + result.bytes, 0);
  const oldestFirst = ended.toSorted((a, b) => a.finishedAtMs - b.finishedAtMs);
  return oldestFirst.filter((result) => {
    const isOld = resultsMs > 0 && nowMs - result.finishedAtMs > resultsMs;
    const isTooMuch = resultsBytes > 0 && bytes > resultsBytes;
    if (isOld || isTooMuch) bytes -= result.bytes;
    return isOld || isTooMuch;
  });
}

async function unknownIds(
  pool: Pool,
  prefix: string,
  isOrphanAge: (id: string) => boolean,
  signal: AbortSignal,
): Promise<string[]> {
  const unknown: string[] = [];
  for await (const { key } of pool.blobs.list(prefix)) {
    signal.throwIfAborted();
    const id = key.slice(prefix.length);
    if (isOrphanAge(id) && (await pool.files.get(id)) === undefined) unknown.push(id);
  }
  return unknown;
}

async function partsOfEndedBatches(
  pool: Pool,
  isOrphanAge: (id: string) => boolean,
  signal: AbortSignal,
): Promise<string[]> {
  const isDone = new Map<string, boolean>();
  const open = new Set(await pool.batches.open());
  const keys: string[] = [];
  for await (const { key } of pool.blobs.list('batches/')) {
    signal.throwIfAborted();
    const id = key.split('/')[1] ?? '';
    if (!isDone.has(id)) {
      const batch = open.has(id) || !isOrphanAge(id) ? 'busy' : await pool.batches.get(id);
      isDone.set(id, batch !== 'busy' && (batch === undefined || hasBatchEnded(batch.status)));
    }
    if (isDone.get(id)) keys.push(key);
  }
  return keys;
}
