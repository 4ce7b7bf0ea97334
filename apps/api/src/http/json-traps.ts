import { ApiError, clip } from './api-error';

/** No request has a reason to be deeper: a schema within a tool within a message is about ten. */
const MAX_NESTING = 64;
const MAX_KEY_CHARACTERS = 1_024;
/** Copied into an object of ours, these would change what all objects are. */
const PROTOTYPE_KEYS = ['__proto__', 'constructor', 'prototype'];

/** Refuses what parses and is yet no honest request. Walks without recursion: its depth is what is in question. */
export function refuseTraps(value: unknown): void {
  const open: { readonly value: unknown; readonly depth: number; readonly path: string }[] = [];
  const visit = (child: unknown, depth: number, parent: string, key: string): void => {
    if (typeof child !== 'object' || child === null) return;
    const path = joined(parent, key);
    if (depth > MAX_NESTING)
      throw new ApiError(400, 'invalid_request', `nested more than ${MAX_NESTING} deep`, clip(path, 120));
    open.push({ value: child, depth, path });
  };
  visit(value, 1, '', '');
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { depth, path } = next;
    if (Array.isArray(next.value)) {
      for (const [at, child] of next.value.entries()) visit(child, depth + 1, path, String(at));
      continue;
    }
    for (const [key, child] of Object.entries(next.value as Record<string, unknown>)) {
      refuseKey(key, path);
      visit(child, depth + 1, path, key);
    }
  }
}

function refuseKey(key: string, path: string): void {
  const param = clip(joined(path, key), 120);
  if (PROTOTYPE_KEYS.includes(key))
    throw new ApiError(400, 'invalid_request', `${param}: a field may not have this name`, param);
  if (key.length > MAX_KEY_CHARACTERS)
    throw new ApiError(
      400,
      'invalid_request',
      `${param}: the name of a field has at most ${MAX_KEY_CHARACTERS} characters`,
      param,
    );
}

const joined = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);
