import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { BatchEndpoint, BatchObject, BatchPage, BatchStatus } from '@gistpool/contracts';
import { addedSample, type Sample } from '../batches/pace';
import { Away, call, query, Refused, sendJson } from './client';
import { queryClient } from './query-client';

/** As many as the api lists at once. */
const LISTED = 100;
const ENDED: readonly BatchStatus[] = ['failed', 'completed', 'expired', 'cancelled'];

/** A batch made from an uploaded file, as OpenAI's API has it, and how its lines ended while this page looked on. */
export interface SeenBatch {
  readonly batch: BatchObject;
  readonly samples: readonly Sample[];
}

export const hasEnded = ({ status }: BatchObject): boolean => ENDED.includes(status);

const seen = (batch: BatchObject, before: SeenBatch | undefined): SeenBatch => {
  const { completed, failed } = batch.request_counts;
  return { batch, samples: addedSample(before?.samples, completed + failed, Date.now()) };
};

const LIST_KEY = ['openai-batches'];

export const useFileBatches = (): UseQueryResult<{
  readonly batches: readonly SeenBatch[];
  readonly hasMore: boolean;
}> =>
  useQuery({
    queryKey: LIST_KEY,
    queryFn: async ({ signal }) => {
      const page = await call<BatchPage>(`/v1/batches${query({ limit: LISTED })}`, { signal });
      const before = queryClient.getQueryData<{ batches: readonly SeenBatch[] }>(LIST_KEY)?.batches ?? [];
      const known = new Map(before.map((one) => [one.batch.id, one]));
      return { batches: page.data.map((batch) => seen(batch, known.get(batch.id))), hasMore: page.has_more };
    },
    refetchInterval: 2_000,
  });

/** Null: there is no such batch from a file; it may be one that was sent as lines. */
export const useFileBatch = (id: string): UseQueryResult<SeenBatch | null> =>
  useQuery({
    queryKey: ['openai-batch', id],
    queryFn: async ({ signal }) => {
      try {
        const batch = await call<BatchObject>(`/v1/batches/${encodeURIComponent(id)}`, { signal });
        return seen(batch, queryClient.getQueryData<SeenBatch>(['openai-batch', id]));
      } catch (error) {
        if (error instanceof Refused && error.status === 404) return null;
        throw error;
      }
    },
    refetchInterval: ({ state: { data } }) =>
      data === null || (data && hasEnded(data.batch)) ? false : 1_000,
  });

export const createBatch = (
  fileId: string,
  endpoint: BatchEndpoint,
  completionWindow: string,
): Promise<BatchObject> =>
  sendJson('/v1/batches', { input_file_id: fileId, endpoint, completion_window: completionWindow });

export const cancelBatch = (id: string): Promise<BatchObject> =>
  call(`/v1/batches/${encodeURIComponent(id)}/cancel`, { method: 'POST' });

export const contentOf = (fileId: string): string => `/v1/files/${encodeURIComponent(fileId)}/content`;

/** The begin of a file of lines, whole lines only; a file may be larger than a page should hold. */
export async function readLines(fileId: string, mostBytes: number, signal: AbortSignal): Promise<string[]> {
  const answer = await fetch(contentOf(fileId), { signal }).catch((cause: unknown) => {
    throw new Away(cause);
  });
  const reader = answer.ok ? answer.body?.getReader() : undefined;
  if (reader === undefined) throw new Error(`The file ${fileId} is not there any more.`);
  const decoder = new TextDecoder();
  let text = '';
  for (let bytes = 0; bytes < mostBytes;) {
    const { done, value } = await reader.read();
    if (done) return text.split('\n').filter(Boolean);
    bytes += value.length;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text.split('\n').slice(0, -1).filter(Boolean);
}
