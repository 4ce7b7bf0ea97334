import { Link } from 'react-router';
import type { SlotView } from '@gistpool/contracts';
import { count } from '../format/numbers';
import { SawTooth } from './saw-tooth';

/** The api tells no id of a job that the asker may not see. */
const OF_ANOTHER_TENANT = 'other';

interface SlotTileProps {
  readonly slot: SlotView;
  readonly top: number;
}

/** One slot: its saw-tooth, what its session does, and the cells it holds. */
export function SlotTile({ slot, top }: SlotTileProps) {
  if (slot.job === null) return <IdleSlot slot={slot} />;
  const phase = slot.phase === 'think' ? `thought ${count(slot.thought + 1)}` : slot.phase;
  const doing = slot.waits === true ? 'lacks cells' : phase;
  const inside = (
    <>
      <span className="visually-hidden">
        Slot {slot.slot}: {titleOf(slot)},
      </span>
      <SawTooth slot={slot} top={top} />
      <span className="slot-line">
        <span>{doing}</span>
        <span className="number">{count(slot.live_cells)}</span>
      </span>
    </>
  );
  return (
    <li className="slot">
      {slot.job === OF_ANOTHER_TENANT ? (
        <div title={titleOf(slot)}>{inside}</div>
      ) : (
        <Link to={`/jobs/${slot.job}`} title={titleOf(slot)}>
          {inside}
        </Link>
      )}
    </li>
  );
}

function IdleSlot({ slot }: { readonly slot: SlotView }) {
  return (
    <li className="slot idle">
      <span className="visually-hidden">Slot {slot.slot}: idle</span>
    </li>
  );
}

function titleOf(slot: SlotView): string {
  const predicted = slot.predicted_cells === undefined ? '' : `, ${count(slot.predicted_cells)} predicted`;
  return `${slot.job}, ${count(slot.live_cells)} cells of ${count(slot.reserved_cells)} reserved${predicted}`;
}
