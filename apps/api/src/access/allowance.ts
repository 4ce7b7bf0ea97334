import type { Admission } from '@gistpool/queue';
import { ApiError } from '../http/api-error';

/** What is left, under OpenAI's names and two of our own; only of limits that there are. */
export function allowanceHeaders({ requests, tokens, kvByteSeconds }: Admission): Record<string, string> {
  const of = (what: string, { limit, remaining, resetMs }: Admission['requests']) =>
    limit === null
      ? []
      : [
          [`x-ratelimit-limit-${what}`, String(limit)],
          [`x-ratelimit-remaining-${what}`, String(remaining)],
          [`x-ratelimit-reset-${what}`, durationOf(resetMs)],
        ];
  return Object.fromEntries([
    ...of('requests', requests),
    ...of('tokens', tokens),
    ...of('kv-byte-seconds', kvByteSeconds),
  ]) as Record<string, string>;
}

/** Undefined: it is admitted. */
export function refusalOf(tenant: string, admission: Admission): ApiError | undefined {
  const { outcome, retryMs, requests, tokens, kvByteSeconds } = admission;
  if (outcome === 'ok') return undefined;
  const headers = { 'retry-after': String(Math.max(1, Math.ceil(retryMs / 1000))) };
  if (outcome === 'requests') {
    const message = `the tenant ${tenant} may send ${counted(requests.limit)} requests for work per minute; send it again in ${durationOf(retryMs)}`;
    return new ApiError(429, 'rate_limit_exceeded', message, null, headers);
  }
  const spent =
    outcome === 'tokens'
      ? `${counted(tokens.limit)} tokens`
      : `${counted(kvByteSeconds.limit)} KV byte-seconds`;
  const message = `the tenant ${tenant} has used up its ${spent} of today (UTC); it gets new ones in ${durationOf(retryMs)}`;
  // Clients that try again by themselves would do so until tomorrow.
  return new ApiError(429, 'insufficient_quota', message, null, { ...headers, 'x-should-retry': 'false' });
}

/** As OpenAI writes them: `6m0s`. */
export function durationOf(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.ceil(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const parts = [
    ...(hours > 0 ? [`${hours}h`] : []),
    ...(hours > 0 || minutes > 0 ? [`${minutes}m`] : []),
    `${seconds % 60}s`,
  ];
  return parts.join('');
}

const counted = (limit: number | null): string => (limit ?? 0).toLocaleString('en-US');
