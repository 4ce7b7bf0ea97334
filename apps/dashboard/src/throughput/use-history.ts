import { useEffect, useSyncExternalStore } from 'react';
import { useFleet } from '../api/fleet';
import { useCounts } from '../api/jobs';
import { withSample, type Sample } from './history';

/** Outlives the page: who comes back sees the time in between as a straight line, not an empty chart. */
let kept: readonly Sample[] = [];
const listeners = new Set<() => void>();

function keep(sample: Sample): void {
  kept = withSample(kept, sample);
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A sample with each answer about the fleet, as long as the page is open. */
export function useHistory(): readonly Sample[] {
  const { data: fleet, dataUpdatedAt } = useFleet();
  const states = useCounts().data?.states;
  useEffect(() => {
    if (fleet === undefined || states === undefined) return;
    keep({
      atMs: dataUpdatedAt,
      tokensPerSecond: fleet.cards.reduce((sum, card) => sum + card.tokens_per_second, 0),
      waiting: fleet.waiting,
      running: fleet.running,
      ended: states.completed + states.failed + states.cancelled,
    });
  }, [fleet, states, dataUpdatedAt]);
  return useSyncExternalStore(listen, () => kept);
}
