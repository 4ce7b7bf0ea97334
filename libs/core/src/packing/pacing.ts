import { Outlook } from '../prediction/horizon';
import type { PoolMember } from './pool';

/**
 * Who of a pool's sessions should wait at the end of its thought because all of them together would come to hold more than
 * the pool has: the young, that their elders may end and make room. A young session holds little while it waits; if all grew
 * old together, their floors would fill the pool and somebody had to leave it. What thoughts in progress hold beyond the
 * floors is the gate's business: it passes by itself.
 *
 * The elder is asked first; whoever the pool has no room for later on stays where it is, and only its floor counts.
 * `z`: deviations of the sum of the floors to come that must find room.
 */
export function tooManyToGrow<M extends PoolMember>(
  members: readonly M[],
  outlookOf: (member: M) => Outlook,
  cells: number,
  z: number,
): Set<M> {
  const eldest = [...members].sort((a, b) => b.standing.floorCells - a.standing.floorCells);
  let waitingCells = 0;
  for (const { standing } of members) waitingCells += standing.floorCells;
  const stopped = new Set<M>();
  const growing = new Outlook();
  for (const member of eldest) {
    const own = outlookOf(member);
    const others = waitingCells - member.standing.floorCells;
    if (member === eldest[0] || others + growing.mostFloors(z, own) <= cells) {
      growing.add(own);
      waitingCells = others;
    } else stopped.add(member);
  }
  return stopped;
}
