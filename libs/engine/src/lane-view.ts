import type { SlotView } from '@gistpool/contracts';
import type { Occupant } from './occupant';

export function viewOf(seat: Occupant | undefined, slot: number): SlotView {
  if (seat === undefined) {
    return { slot, job: null, phase: 'idle', thought: 0, live_cells: 0, reserved_cells: 0, recent_cells: [] };
  }
  const { phase, thoughtIndex, liveCells, standing } = seat.session;
  return {
    slot,
    job: seat.jobId,
    phase: phase === 'done' ? 'idle' : phase,
    thought: thoughtIndex,
    live_cells: liveCells,
    reserved_cells: seat.reservedCells,
    recent_cells: [...seat.recentCells],
    floor_cells: standing.floorCells,
    sampled_tokens: standing.sampledTokens,
    peak_cells: standing.peakCells,
    ...(seat.waits && { waits: true }),
  };
}
