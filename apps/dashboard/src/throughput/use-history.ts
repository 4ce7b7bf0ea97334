import { useEffect, useState } from 'react';
import { useFleet } from '../api/fleet';
import { useCounts } from '../api/jobs';
import { withSample, type Sample } from './history';

/** Outlives the page: who comes back sees the time in between as a straight line, not an empty chart. */
let kept: readonly Sample[] = [];

/** A sample with each answer about the fleet, as long as the page is open. */
export function useHistory(): readonly Sample[] {
  const { data: fleet, dataUpdatedAt } = useFleet();
  const states = useCounts().data?.states;
  const [samples, setSamples] = useState(kept);
  useEffect(() => {
    if (fleet === undefined || states === undefined) return;
    kept = withSample(kept, {
      atMs: dataUpdatedAt,
      tokensPerSecond: fleet.cards.reduce((sum, card) => sum + card.tokens_per_second, 0),
      waiting: fleet.waiting,
      running: fleet.running,
      ended: states.completed + states.failed + states.cancelled,
    });
    setSamples(kept);
  }, [fleet, states, dataUpdatedAt]);
  return samples;
}
