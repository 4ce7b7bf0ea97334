import { hasBatchEnded, type BatchError, type BatchOutputLine, type BatchStatus } from '@gistpool/contracts';
import type { BatchRecord } from '@gistpool/queue';
import { readLines } from '../../batch/lines';
import type { RunContext } from './batch-run';
import type { Part, Segments } from './segments';

/** So many of the lines that were refused are told with a batch that failed. */
const ERRORS_SHOWN = 100;
const LONGEST_LINE = 64 * 1024;

/** Makes the files, says how the batch has ended, and tidies up. Begun again after a kill, it goes on where it was. */
export async function finishBatch(
  context: RunContext,
  id: string,
  segments: Segments,
  signal: AbortSignal,
): Promise<void> {
  const { batches } = context.pool;
  await batches.move(id, ['in_progress'], 'finalizing');
  const batch = await batches.get(id);
  if (batch === undefined) return;
  if (!hasBatchEnded(batch.status)) await end(context, batch, segments, signal);
  signal.throwIfAborted();
  await batches.settle(id);
  await segments.delete();
}

async function end(
  context: RunContext,
  batch: BatchRecord,
  segments: Segments,
  signal: AbortSignal,
): Promise<void> {
  const outputFileId = await makeFile(context, batch, segments, 'output');
  const errorFileId = await makeFile(context, batch, segments, 'error');
  signal.throwIfAborted();
  const status = await statusOf(context, batch);
  const errors = status === 'failed' ? await firstErrors(segments) : undefined;
  await context.pool.batches.move(batch.id, ['finalizing', 'cancelling'], status, {
    ...(outputFileId === undefined ? {} : { outputFileId }),
    ...(errorFileId === undefined ? {} : { errorFileId }),
    ...(errors === undefined ? {} : { errors }),
  });
}

/** Undefined: there is nothing to put into it. */
async function makeFile(
  { pool, files }: RunContext,
  batch: BatchRecord,
  segments: Segments,
  part: Part,
): Promise<string | undefined> {
  if (await segments.isEmpty(part)) return undefined;
  // Made by a process that was killed before it could say so, the file is written again under the same id.
  const key = part === 'output' ? 'outputFileId' : 'errorFileId';
  const id = batch[key] ?? files.newId();
  await pool.batches.set(batch.id, { [key]: id });
  const filename = `${batch.id}_${part}.jsonl`;
  await files.store({ id, filename, purpose: 'batch_output', tenant: batch.tenant }, segments.read(part));
  return id;
}

async function statusOf({ pool }: RunContext, batch: BatchRecord): Promise<BatchStatus> {
  if (batch.status === 'cancelling') return 'cancelled';
  if (batch.isExpiring) return 'expired';
  const { refused } = await pool.batches.lines.counts(batch.id);
  return refused === batch.total ? 'failed' : 'completed';
}

async function firstErrors(segments: Segments): Promise<BatchError[]> {
  const errors: BatchError[] = [];
  for await (const line of readLines(segments.read('error'), LONGEST_LINE)) {
    if (line.kind !== 'bytes') continue;
    const { error } = JSON.parse(line.bytes.toString()) as BatchOutputLine;
    if (error !== null) errors.push(error);
    if (errors.length === ERRORS_SHOWN) break;
  }
  return errors;
}
