import type { ApiErrorBody } from '@gistpool/contracts';
import { csrf } from './csrf';

/** The api refused, with the reason it gave. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: ApiErrorBody['code'],
    message: string,
    readonly param: string | null,
  ) {
    super(message);
    this.name = 'Refused';
  }
}

/** Nobody answered, or not in the api's language. */
export class Away extends Error {
  constructor(cause: unknown) {
    super('The api does not answer.', { cause });
    this.name = 'Away';
  }
}

/** Reads or changes something; throws Refused or Away. */
export async function call<T>(
  path: string,
  init?: RequestInit & { headers?: Record<string, string> },
): Promise<T> {
  const headers = { ...init?.headers, ...csrf.headers(init?.method) };
  const answer = await fetch(path, { ...init, headers }).catch((cause: unknown) => {
    if (init?.signal?.aborted) throw cause;
    throw new Away(cause);
  });
  const body = (await answer.json().catch((cause: unknown) => {
    throw new Away(cause);
  })) as T | { error: ApiErrorBody };
  if (!answer.ok) throw refusedBy(answer.status, body as { error: ApiErrorBody });
  return body as T;
}

export const refusedBy = (status: number, { error }: { error: ApiErrorBody }): Refused =>
  new Refused(status, error.code, error.message, error.param);

export const sendJson = <T>(path: string, body: unknown, method = 'POST'): Promise<T> =>
  call<T>(path, {
    method,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });

/** `?a=1&b=2` of what is set. */
export function query(values: Readonly<Record<string, string | number | undefined>>): string {
  const set = Object.entries(values).flatMap(([key, value]): [string, string][] =>
    value === undefined || value === '' ? [] : [[key, String(value)]],
  );
  return set.length === 0 ? '' : `?${new URLSearchParams(set).toString()}`;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
