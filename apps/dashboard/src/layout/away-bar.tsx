import { useAwaySince } from '../api/reachability';
import { duration } from '../format/time';
import { useNow } from '../ui/use-now';

/** The api is away: says so, for how long, and that nothing need be done. */
export function AwayBar() {
  const sinceMs = useAwaySince();
  return (
    <div role="status">
      {sinceMs !== null && (
        <div className="notice warn away">
          <strong>The api does not answer.</strong>
          <span>
            What you see is <For sinceMs={sinceMs} /> old. Asking again every few seconds; jobs go on
            meanwhile.
          </span>
        </div>
      )}
    </div>
  );
}

function For({ sinceMs }: { readonly sinceMs: number }) {
  return <>{duration(Math.max(1_000, useNow() - sinceMs))}</>;
}
