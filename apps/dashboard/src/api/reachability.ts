import { useSyncExternalStore } from 'react';

/** Whether the api answered when it was last asked, and since when it has not. */
class Reachability {
  private awaySinceMs: number | null = null;
  private readonly listeners = new Set<() => void>();

  set(isReachable: boolean): void {
    if (isReachable === (this.awaySinceMs === null)) return;
    this.awaySinceMs = isReachable ? null : Date.now();
    for (const listener of this.listeners) listener();
  }

  readonly read = (): number | null => this.awaySinceMs;

  readonly listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

export const reachability = new Reachability();

/** Null while the api answers. */
export const useAwaySince = (): number | null => useSyncExternalStore(reachability.listen, reachability.read);
