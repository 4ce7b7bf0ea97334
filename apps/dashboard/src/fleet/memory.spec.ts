import { describe, expect, it } from 'vitest';
import type { CardView, LaneView, SlotView } from '@gistpool/contracts';
import { batchFill, topOfLane, useOfCard, useOfLane } from './memory';

const slot = (live: number, reserved: number): SlotView => ({
  slot: 0,
  job: reserved > 0 ? 'job_1' : null,
  phase: 'think',
  thought: 0,
  live_cells: live,
  reserved_cells: reserved,
  recent_cells: [live + 5],
});
const lane = (shared?: number): LaneView => ({
  lane: 0,
  slots: [slot(100, 300), slot(50, 200), slot(0, 0)],
  cells_per_slot: 512,
  cells_per_slot_requested: 500,
  ...(shared === undefined ? {} : { shared_cells: shared }),
  kv_bytes: 1,
});
const card = (tokens: number, steps?: number): CardView => ({
  card: 'card-0',
  incarnation: 'x',
  state: 'ready',
  model: 'nano',
  method: 'lightthinker',
  device: 'cpu',
  kv_budget_bytes: 1,
  kv_bytes: 1,
  lanes: [lane(), lane(600)],
  live_cells: 300,
  sessions: 4,
  tokens_per_second: tokens,
  ...(steps === undefined ? {} : { steps_per_second: steps }),
  generated_tokens_total: 0,
  compressions_total: 0,
  heartbeat_at_ms: 0,
});

describe('memory', () => {
  it('of slots that share a pool is the pool, else that of the slots', () => {
    expect(useOfLane(lane()).allCells).toBe(3 * 512);
    expect(useOfLane(lane(600)).allCells).toBe(600);
    expect(useOfCard(card(0))).toEqual({ liveCells: 300, reservedCells: 1000, allCells: 2136 });
  });

  it('is drawn to the scale of the most that any slot of a lane holds, held or has reserved', () => {
    expect(topOfLane(lane())).toBe(300);
    expect(topOfLane({ ...lane(), slots: [] })).toBe(1);
  });
});

describe('the fill of a batch', () => {
  it('is tokens by steps, as a share of the slots', () => {
    expect(batchFill(card(300, 100))).toEqual({ perStep: 3, share: 0.5 });
  });

  it('never exceeds the slots, and is unknown while the card does not step', () => {
    expect(batchFill(card(10_000, 10))?.share).toBe(1);
    expect(batchFill(card(10, 0))).toBeNull();
    expect(batchFill(card(10))).toBeNull();
  });
});
