import type { LaneView } from '@gistpool/contracts';
import { bytes, count, plural } from '../format/numbers';
import { topOfLane } from './memory';
import { PoolBar } from './pool-bar';
import { SlotTile } from './slot-tile';

/** More slots than this are drawn smaller. */
const MANY_SLOTS = 48;

export function LanePanel({ lane, card }: { readonly lane: LaneView; readonly card: string }) {
  const top = topOfLane(lane);
  const cells =
    lane.shared_cells === undefined
      ? `${plural(lane.slots.length, 'slot')} of ${count(lane.cells_per_slot)} cells`
      : `${plural(lane.slots.length, 'slot')} that share ${count(lane.shared_cells)} cells`;
  return (
    <section className="lane" aria-label={`Lane ${lane.lane} of ${card}`}>
      <p className="small soft">
        Lane {lane.lane}: {cells}, {bytes(lane.kv_bytes)}
      </p>
      {lane.shared_cells !== undefined && <PoolBar lane={lane} />}
      <ul className={lane.slots.length > MANY_SLOTS ? 'slots many' : 'slots'}>
        {lane.slots.map((slot) => (
          <SlotTile key={slot.slot} slot={slot} top={top} />
        ))}
      </ul>
    </section>
  );
}
