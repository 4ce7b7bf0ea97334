import type { BatchObject } from '@gistpool/contracts';
import type { BatchRecord } from '@gistpool/queue';

/** A batch as it is stored -> as clients of OpenAI's API see it. */
export function toBatchObject(batch: BatchRecord): BatchObject {
  const { atMs } = batch;
  return {
    id: batch.id,
    object: 'batch',
    endpoint: batch.endpoint,
    errors: batch.errors === undefined ? null : { object: 'list', data: [...batch.errors] },
    input_file_id: batch.inputFileId,
    completion_window: batch.completionWindow,
    status: batch.status,
    output_file_id: batch.outputFileId ?? null,
    error_file_id: batch.errorFileId ?? null,
    created_at: seconds(batch.createdAtMs),
    in_progress_at: at(atMs.in_progress),
    expires_at: seconds(batch.expiresAtMs),
    finalizing_at: at(atMs.finalizing),
    completed_at: at(atMs.completed),
    failed_at: at(atMs.failed),
    expired_at: at(atMs.expired),
    cancelling_at: at(atMs.cancelling),
    cancelled_at: at(atMs.cancelled),
    request_counts: { total: batch.total, completed: batch.completed, failed: batch.failed },
    metadata: batch.metadata,
  };
}

const seconds = (ms: number): number => Math.floor(ms / 1000);
const at = (ms: number | undefined): number | null => (ms === undefined ? null : seconds(ms));
