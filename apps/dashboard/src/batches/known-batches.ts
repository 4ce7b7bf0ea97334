import { useSyncExternalStore } from 'react';

/** A batch that was sent from this browser: the api keeps its jobs, not a list of batches. */
export interface KnownBatch {
  readonly id: string;
  readonly name: string;
  readonly accepted: number;
  readonly rejected: number;
  readonly sentAtMs: number;
}

const KEY = 'gistpool.batches';
const KEPT = 50;
const listeners = new Set<() => void>();
let known: readonly KnownBatch[] = read();

function read(): readonly KnownBatch[] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '[]') as KnownBatch[];
  } catch {
    return [];
  }
}

export function rememberBatch(batch: KnownBatch): void {
  known = [batch, ...known.filter(({ id }) => id !== batch.id)].slice(0, KEPT);
  try {
    localStorage.setItem(KEY, JSON.stringify(known));
  } catch {
    // A browser that keeps nothing knows it until the page is left.
  }
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useKnownBatches = (): readonly KnownBatch[] => useSyncExternalStore(listen, () => known);
