import { count, percent } from '../format/numbers';
import { shareOf, type CellUse } from './memory';

/** Pressure of memory: the column is what is live, from cold to hot; the mark is what is reserved. */
export function Temperature({ use, name }: { readonly use: CellUse; readonly name: string }) {
  const live = shareOf(use.liveCells, use.allCells);
  const reserved = shareOf(use.reservedCells, use.allCells);
  return (
    <div className="temperature">
      <div
        className="temperature-bar"
        role="meter"
        aria-label={`Memory of ${name}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(live * 100)}
        aria-valuetext={`${percent(live)} of the cells in use, ${percent(reserved)} reserved`}
      >
        <span style={{ clipPath: `inset(0 ${100 - Math.min(100, live * 100)}% 0 0)` }} />
        <i style={{ left: `${Math.min(100, reserved * 100)}%` }} />
      </div>
      <p className="small soft number">
        {count(use.liveCells)} of {count(use.allCells)} cells in use ({percent(live)}), {percent(reserved)}{' '}
        reserved
      </p>
    </div>
  );
}
