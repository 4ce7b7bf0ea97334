import type { CardView, FleetView, LaneView, SlotView } from '@gistpool/contracts';
import { count } from './format';
import type { Paint } from './paint';
import { sawTooth } from './saw-tooth';

/** The fleet as lines of text: each card with its slots, and in each slot the saw-tooth of its session. */
export function fleetLines(fleet: FleetView, size: { columns: number; rows: number }, ink: Paint): string[] {
  const lines = [ink.bold(fleetSummary(fleet))];
  const slotRows = Math.max(1, Math.floor((size.rows - 2) / Math.max(1, fleet.cards.length)) - 2);
  for (const card of fleet.cards) {
    lines.push('', cardLine(card, ink));
    const busy = card.lanes.flatMap((lane) => busySlots(lane));
    const shown = busy.length > slotRows ? busy.slice(0, Math.max(0, slotRows - 1)) : busy;
    lines.push(...shown.map((seat) => slotLine(seat, size.columns, ink)));
    if (busy.length > shown.length) lines.push(ink.dim(`    and ${busy.length - shown.length} more`));
  }
  return lines;
}

export function fleetSummary(fleet: FleetView): string {
  const total = (of: (card: CardView) => number) => fleet.cards.reduce((sum, card) => sum + of(card), 0);
  return [
    `${count(fleet.running)} running`,
    `${count(fleet.waiting)} waiting`,
    `${count(total((card) => card.tokens_per_second))} tokens/s`,
    `${count(total((card) => card.live_cells))} cells`,
    ...(fleet.scheduler.leader === null ? ['no scheduler'] : []),
    ...(fleet.cards.length === 0 ? ['no cards'] : []),
  ].join('  ');
}

function cardLine(card: CardView, ink: Paint): string {
  const slots = card.lanes.reduce((sum, lane) => sum + lane.slots.length, 0);
  const details = [
    `${card.model} (${card.method}, ${card.device})`,
    `${card.sessions}/${slots} slots`,
    `${count(card.tokens_per_second)} tokens/s`,
    `${count(card.live_cells)} cells`,
    ...(card.state !== 'ready' ? [card.state] : card.cordon === undefined ? [] : [card.cordon]),
  ];
  return `${ink.bold(card.card)}  ${details.join('  ')}`;
}

interface BusySlot {
  readonly slot: SlotView;
  readonly cellsPerSlot: number;
  /** One scale for a lane, so that its slots can be compared; the highest tooth that is shown fills its line. */
  readonly fullCells: number;
}

function busySlots(lane: LaneView): BusySlot[] {
  const busy = lane.slots.filter((slot) => slot.job !== null);
  const fullCells = Math.max(1, ...busy.flatMap((slot) => slot.recent_cells)) + 1;
  return busy.map((slot) => ({ slot, cellsPerSlot: lane.cells_per_slot, fullCells }));
}

const LABEL_COLUMNS = 48;
const MOST_TEETH = 60;

function slotLine({ slot, cellsPerSlot, fullCells }: BusySlot, columns: number, ink: Paint): string {
  const room = Math.min(MOST_TEETH, Math.max(8, columns - LABEL_COLUMNS));
  const cells = `${slot.live_cells}/${slot.reserved_cells || cellsPerSlot}`.padStart(11);
  const teeth = ink.green(sawTooth(slot.recent_cells, fullCells, room));
  return `${String(slot.slot).padStart(4)} ${teeth} ${cells} cells  ${slot.phase.padEnd(8)} thought ${slot.thought}`;
}
