import { setTimeout as sleep } from 'node:timers/promises';
import { isTerminal, type BatchReceipt, type JobView } from '@gistpool/contracts';
import type { PoolClient } from './client/pool-client';

const PAGE = 500;
const LEAST_PAUSE_MS = 200;

export interface BatchProgress {
  readonly ended: number;
  readonly completed: number;
  readonly total: number;
}

/** Waits until every job of a batch has ended, and returns them as they ended, by id. */
export async function untilBatchEnds(
  client: PoolClient,
  receipt: BatchReceipt,
  signal: AbortSignal,
  onProgress: (progress: BatchProgress) => void | Promise<void>,
): Promise<Map<string, JobView>> {
  const ids = new Set(receipt.jobs.map((job) => job.id));
  const ended = new Map<string, JobView>();
  for await (const round of endedJobs(client, [receipt.id], ids, signal, onProgress)) {
    for (const job of round) ended.set(job.id, job);
  }
  return ended;
}

/**
 * Looks at some batches again and again until all jobs of `ids` have ended; each round gives what ended since the one
 * before. A round over the pages of a large batch takes a while; the pause between rounds grows with it.
 */
export async function* endedJobs(
  client: PoolClient,
  batches: readonly string[],
  ids: ReadonlySet<string>,
  signal: AbortSignal,
  onProgress: (progress: BatchProgress) => void | Promise<void>,
): AsyncGenerator<readonly JobView[]> {
  const seen = new Set<string>();
  let completed = 0;
  for (;;) {
    const startedAtMs = Date.now();
    const round: JobView[] = [];
    for (const batch of batches) {
      for await (const job of jobsOf(client, batch)) {
        if (!ids.has(job.id) || seen.has(job.id) || !isTerminal(job.state)) continue;
        seen.add(job.id);
        round.push(job);
        if (job.state === 'completed') completed += 1;
      }
    }
    if (round.length > 0) yield round;
    await onProgress({ ended: seen.size, completed, total: ids.size });
    if (seen.size >= ids.size) return;
    await sleep(Math.max(LEAST_PAUSE_MS, 2 * (Date.now() - startedAtMs)), undefined, { signal });
  }
}

export async function* jobsOf(client: PoolClient, batch: string): AsyncGenerator<JobView> {
  let cursor: string | null = null;
  do {
    const page = await client.jobs({ batch, limit: PAGE, ...(cursor !== null && { cursor }) });
    yield* page.data;
    cursor = page.next_cursor;
  } while (cursor !== null);
}
