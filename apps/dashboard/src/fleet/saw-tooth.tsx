import { memo } from 'react';
import type { SlotView } from '@gistpool/contracts';

const WIDTH = 100;
const HEIGHT = 40;

interface SawToothProps {
  readonly slot: SlotView;
  /** Cells at the upper edge. */
  readonly top: number;
}

/** Cells of the last steps as an area; dashed what is reserved, dotted what was predicted. */
export const SawTooth = memo(function SawTooth({ slot, top }: SawToothProps) {
  const recent = slot.recent_cells.length > 1 ? slot.recent_cells : [slot.live_cells, slot.live_cells];
  const y = (cells: number) => (HEIGHT - (HEIGHT - 2) * Math.min(1, cells / top)).toFixed(1);
  const steps = recent.map((cells, at) => `L${((WIDTH * at) / (recent.length - 1)).toFixed(1)} ${y(cells)}`);
  const isPredictedApart = slot.predicted_cells !== undefined && slot.predicted_cells < slot.reserved_cells;
  return (
    <svg
      className="saw-tooth"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {slot.job !== null && (
        <>
          <path d={`M0 ${HEIGHT}${steps.join('')}L${WIDTH} ${HEIGHT}Z`} />
          <line
            className="reserved"
            x1="0"
            x2={WIDTH}
            y1={y(slot.reserved_cells)}
            y2={y(slot.reserved_cells)}
          />
          {isPredictedApart && (
            <line
              className="predicted"
              x1="0"
              x2={WIDTH}
              y1={y(slot.predicted_cells ?? 0)}
              y2={y(slot.predicted_cells ?? 0)}
            />
          )}
        </>
      )}
    </svg>
  );
});
