import type { ApiErrorBody, BatchReceipt } from '@gistpool/contracts';
import { csrf } from '../api/csrf';
import { Away, refusedBy } from '../api/client';

/** Sends a file of lines and tells how far it is; `fetch` does not tell that of what it sends. */
export function uploadBatch(
  file: Blob,
  tell: (sentShare: number) => void,
  signal: AbortSignal,
): Promise<BatchReceipt> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = (): void => request.abort();
    request.open('POST', '/v1/jobs/batch');
    request.setRequestHeader('content-type', 'application/x-ndjson');
    for (const [name, value] of Object.entries(csrf.headers('POST'))) request.setRequestHeader(name, value);
    request.responseType = 'json';
    request.upload.addEventListener('progress', ({ loaded, total }) =>
      tell(total === 0 ? 0 : loaded / total),
    );
    request.addEventListener('load', () => {
      const body = request.response as BatchReceipt | { error: ApiErrorBody } | null;
      if (body === null) reject(new Away(request.status));
      else if ('error' in body) reject(refusedBy(request.status, body));
      else resolve(body);
    });
    request.addEventListener('error', () => reject(new Away('the connection broke')));
    request.addEventListener('abort', () =>
      reject(new Error('The upload was stopped; no job of it goes on.')),
    );
    signal.addEventListener('abort', stop, { once: true });
    request.send(file);
  });
}
