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

/**
 * Waits until every job of a batch has ended, and returns them as they ended, by id. A round over the pages of a
 * large batch takes a while; the pause between rounds grows with it.
 */
export async function untilBatchEnds(
  client: PoolClient,
  receipt: BatchReceipt,
  signal: AbortSignal,
  onProgress: (progress: BatchProgress) => void | Promise<void>,
): Promise<Map<string, JobView>> {
  const ended = new Map<string, JobView>();
  for (;;) {
    const startedAtMs = Date.now();
    for await (const job of jobsOf(client, receipt.id)) if (isTerminal(job.state)) ended.set(job.id, job);
    const completed = [...ended.values()].filter((job) => job.state === 'completed').length;
    await onProgress({ ended: ended.size, completed, total: receipt.accepted });
    if (ended.size >= receipt.accepted) return ended;
    await sleep(Math.max(LEAST_PAUSE_MS, 2 * (Date.now() - startedAtMs)), undefined, { signal });
  }
}

async function* jobsOf(client: PoolClient, batch: string): AsyncGenerator<JobView> {
  let cursor: string | null = null;
  do {
    const page = await client.jobs({ batch, limit: PAGE, ...(cursor !== null && { cursor }) });
    yield* page.data;
    cursor = page.next_cursor;
  } while (cursor !== null);
}
