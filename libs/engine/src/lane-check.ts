import type { EngineContext } from './binding';
import type { Occupant } from './occupant';

/** Every difference between what the ledger says of seats and what the engine says. `engineCells` is left out where cells cannot be counted. */
export function differences(
  seats: readonly (Occupant | undefined)[],
  context: EngineContext,
  engineCells: number | undefined,
): string[] {
  const found: string[] = [];
  const differ = (what: string, ledger: number, engine: number): void => {
    if (ledger !== engine) found.push(`${what}: ledger ${String(ledger)}, engine ${String(engine)}`);
  };
  let cells = 0;
  seats.forEach((seat, slot) => {
    const who = `slot ${String(slot)}${seat === undefined ? '' : ` (job ${seat.jobId})`}`;
    const { first, last } = context.positions(slot);
    differ(`${who}, highest position`, seat?.lastPosition ?? -1, last);
    if (seat === undefined) return;
    differ(`${who}, live cells of session and lane`, seat.session.liveCells, seat.cells);
    if (seat.cells > 0 && first < 0) differ(`${who}, lowest position`, 0, first);
    cells += seat.cells;
  });
  if (engineCells !== undefined) differ('live cells', cells, engineCells);
  return found;
}
