import type { Rules } from './rules';
import type { SimPool } from './sim-pool';
import type { SimSession } from './sim-session';

/** Of the other pools of the card the one with the most cells left among those where the session could go on at once. */
export const coldest = (pool: SimPool, session: SimSession, rules: Rules): SimPool | undefined =>
  roomiest(pool, (other) => rules.mayJoin?.(other, session) ?? false);

/** The same among those that could take it in, to wait there if need be, and keep their reserve. */
export const emptiest = (pool: SimPool, session: SimSession, rules: Rules): SimPool | undefined =>
  roomiest(
    pool,
    (other) =>
      other.members.length < other.shape.sessions &&
      other.freeCells - rules.reserveCells(other) >= session.liveCells,
  );

function roomiest(pool: SimPool, isFit: (other: SimPool) => boolean): SimPool | undefined {
  let best: SimPool | undefined;
  for (const other of pool.card.pools) {
    if (other === pool || (best && best.freeCells >= other.freeCells)) continue;
    other.sync();
    if (isFit(other)) best = other;
  }
  return best;
}
