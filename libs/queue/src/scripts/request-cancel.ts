import { Script } from '../script';
import { PRELUDE } from './prelude';

/**
 * Raises the cancel flag, tells every process, and ends the job here and now when nobody holds it.
 *
 *   KEYS[1] lock (BullMQ's)  KEYS[2] record  KEYS[3] events  KEYS[4] checkpoint
 *   ARGV[1] prefix  ARGV[2] job id  ARGV[3] now  ARGV[4] keepEventsMs  ARGV[5] event
 *
 * Returns 'not-found', 'already-ended', 'cancelled' or 'cancelling'.
 */
export const requestCancelScript = new Script(`${PRELUDE}
local lock, record, events, checkpoint = unpack(KEYS)
local prefix, id, now, keepEventsMs, event = unpack(ARGV)
local state = redis.call('HGET', record, 'state')
if not state then return 'not-found' end
if isTerminal(state) then return 'already-ended' end
redis.call('HSET', record, 'cancel', '1')
if (state == 'waiting' or state == 'retrying') and redis.call('EXISTS', lock) == 0 then
  redis.call('HSET', record, 'finishedAtMs', now, 'finishReason', 'cancelled')
  setState(prefix, record, id, 'cancelled')
  appendEvent(events, event)
  announceEvents(prefix, id)
  conclude(prefix, record, events, checkpoint, id, keepEventsMs)
  return 'cancelled'
end
redis.call('PUBLISH', prefix .. ':cancel', id)
return 'cancelling'
`);
