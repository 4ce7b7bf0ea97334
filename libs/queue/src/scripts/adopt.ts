import { OUTLINE_FIELDS } from '../outline';
import { Script } from '../script';
import { NOTE_LOST } from './note-lost';
import { PRELUDE } from './prelude';

/**
 * What the scheduler learns of jobs that it has just fetched. A job that stalled is noted as lost here, too, since
 * nobody else did if the scheduler that saw it stall died before it could.
 *
 *   for each job: KEYS lock (BullMQ's), record, events
 *   ARGV[1] prefix  ARGV[2] event when a worker held it  ARGV[3] event when none had taken it yet
 *   then for each job: id, token
 *
 * Returns for each job the values of OUTLINE_FIELDS.
 */
export const adoptScript = new Script(`${PRELUDE}${NOTE_LOST}
local prefix, lostEvent, unclaimedEvent = ARGV[1], ARGV[2], ARGV[3]
local adopted = {}
for at = 1, #KEYS / 3 do
  local lock, record, events = KEYS[3 * at - 2], KEYS[3 * at - 1], KEYS[3 * at]
  noteLost(prefix, lock, record, events, ARGV[2 * at + 2], ARGV[2 * at + 3], lostEvent, unclaimedEvent)
  adopted[at] = redis.call('HMGET', record, ${OUTLINE_FIELDS.map((field) => `'${field}'`).join(', ')})
end
return adopted
`);
