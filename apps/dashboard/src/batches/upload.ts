import type { ApiErrorBody, BatchObject, BatchReceipt, FileObject } from '@gistpool/contracts';
import { csrf } from '../api/csrf';
import { Away, refusedBy } from '../api/client';
import { createBatch } from '../api/openai-batches';
import { formatOf, HEAD_BYTES } from './format-of';

export type Sent =
  | { readonly kind: 'jobs'; readonly receipt: BatchReceipt }
  | { readonly kind: 'openai'; readonly batch: BatchObject };

const WINDOW = '24h';

/** Lines of jobs become a batch as they come in; a file of OpenAI requests is stored, and a batch is made from it. */
export async function uploadBatch(
  file: File,
  tell: (sentShare: number) => void,
  signal: AbortSignal,
): Promise<Sent> {
  const format = formatOf(await file.slice(0, HEAD_BYTES).text());
  if (format.kind === 'jobs')
    return {
      kind: 'jobs',
      receipt: await send<BatchReceipt>('/v1/jobs/batch', file, tell, signal, 'application/x-ndjson'),
    };
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', file, file.name);
  const { id } = await send<FileObject>('/v1/files', form, tell, signal);
  return { kind: 'openai', batch: await createBatch(id, format.endpoint, WINDOW) };
}

/** Tells how far it is; `fetch` does not tell that of what it sends. */
function send<T extends object>(
  path: string,
  body: Blob | FormData,
  tell: (sentShare: number) => void,
  signal: AbortSignal,
  contentType?: string,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = (): void => request.abort();
    request.open('POST', path);
    if (contentType !== undefined) request.setRequestHeader('content-type', contentType);
    for (const [name, value] of Object.entries(csrf.headers('POST'))) request.setRequestHeader(name, value);
    request.responseType = 'json';
    request.upload.addEventListener('progress', ({ loaded, total }) =>
      tell(total === 0 ? 0 : loaded / total),
    );
    request.addEventListener('load', () => {
      const answer = request.response as T | { error: ApiErrorBody } | null;
      if (answer === null) reject(new Away(request.status));
      else if ('error' in answer) reject(refusedBy(request.status, answer as { error: ApiErrorBody }));
      else resolve(answer);
    });
    request.addEventListener('error', () => reject(new Away('the connection broke')));
    request.addEventListener('abort', () =>
      reject(new Error('The upload was stopped; no job of it goes on.')),
    );
    signal.addEventListener('abort', stop, { once: true });
    request.send(body);
  });
}
