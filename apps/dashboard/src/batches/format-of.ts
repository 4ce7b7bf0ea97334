import type { BatchEndpoint } from '@gistpool/contracts';

/** Lines of this pool's own jobs, or of requests as OpenAI's batches have them. */
export type Format =
  { readonly kind: 'jobs' } | { readonly kind: 'openai'; readonly endpoint: BatchEndpoint };

const ENDPOINTS: readonly BatchEndpoint[] = ['/v1/chat/completions', '/v1/completions'];
/** What a first line may take to be looked at. */
export const HEAD_BYTES = 1024 * 1024;

/** Told by the first line; what cannot be told is left to the api, which names what is wrong. */
export function formatOf(head: string): Format {
  const first = head.split('\n').find((line) => line.trim() !== '') ?? '';
  try {
    const { url, body } = JSON.parse(first) as { url?: unknown; body?: unknown };
    if (typeof url !== 'string' || typeof body !== 'object' || body === null) return { kind: 'jobs' };
    return { kind: 'openai', endpoint: ENDPOINTS.find((known) => known === url) ?? '/v1/chat/completions' };
  } catch {
    return { kind: 'jobs' };
  }
}
