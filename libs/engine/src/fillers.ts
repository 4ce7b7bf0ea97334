import type { EngineContext } from './binding';
import type { Occupant } from './occupant';
import type { Pools } from './pools';

/** Tokens (all of id 0) that make a pool's share of a pass as long as the others'; forgotten right after it. */
export interface Filler {
  readonly slot: number;
  /** 0 in an empty slot; else behind the last token of a session that waits there. */
  readonly position: number;
  readonly tokens: Uint32Array;
}

/** Undefined: nothing in this pool takes part in the pass, so it has no cells to lend. */
export function fillerIn(
  pool: number,
  pools: Pools,
  seats: readonly (Occupant | undefined)[],
  tokens: number,
): Filler | undefined {
  let waiting: Filler | undefined;
  let isIdle = true;
  const first = pools.firstSlot(pool);
  for (let slot = first; slot < first + pools.slotsEach; slot++) {
    const seat = seats[slot];
    if (seat === undefined) return { slot, position: 0, tokens: new Uint32Array(tokens) };
    if (seat.isHeld) waiting = { slot, position: seat.lastPosition + 1, tokens: new Uint32Array(tokens) };
    else isIdle = false;
  }
  return isIdle ? undefined : waiting;
}

export function forget(filler: Filler, context: EngineContext): void {
  const { slot, position, tokens } = filler;
  if (position === 0) context.clear(slot);
  else context.evict(slot, position, position + tokens.length);
}
