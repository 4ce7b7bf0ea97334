import type { LaneView } from '@gistpool/contracts';
import { count } from '../format/numbers';
import { useOfLane } from './memory';

const COLOURS = 6;

/** The cells of a pool that several sessions share: each session's cells on top of its neighbour's. */
export function PoolBar({ lane }: { readonly lane: LaneView }) {
  const { liveCells, reservedCells, allCells } = useOfLane(lane);
  const width = (cells: number) => `${Math.min(100, (100 * cells) / allCells)}%`;
  return (
    <div
      className="pool-bar"
      role="img"
      aria-label={`${count(liveCells)} of ${count(allCells)} shared cells in use, ${count(reservedCells)} reserved`}
    >
      {lane.slots.map((slot) => (
        <span
          key={slot.slot}
          className={`session-${(slot.slot % COLOURS) + 1}`}
          style={{ width: width(slot.live_cells) }}
        />
      ))}
      <i style={{ left: width(reservedCells) }} />
    </div>
  );
}
