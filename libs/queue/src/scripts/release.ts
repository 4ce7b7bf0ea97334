import { Script } from '../script';
import { PRELUDE } from './prelude';

/**
 * Lets jobs that are set aside wait for a place: delayed ones whose time has come, or paused ones by order. Each gets an
 * outbox entry, which stays until it is known to be in BullMQ's queue. A paused job whose time has not come is delayed again.
 *
 *   for each job: KEYS record, events
 *   ARGV[1] prefix  ARGV[2] now  ARGV[3] 'delayed' or 'paused': from which state
 *   ARGV[4] event of waiting  ARGV[5] event of being delayed
 *   then for each job: id
 *
 * Returns for each job its new state, 'asked-off' (a pause that was under way was taken back) or '' (it was not in that state).
 */
export const releaseScript = new Script(`${PRELUDE}
local prefix, now, from, waitingEvent, delayedEvent = unpack(ARGV, 1, 5)

local function release(record, events, id)
  local known = redis.call('HMGET', record, 'state', 'notBeforeMs', 'cancel')
  local state, notBeforeMs, asked = known[1], known[2], known[3]
  if state ~= from then
    if from == 'delayed' then redis.call('ZREM', prefix .. ':jobs:due', id) end
    if from ~= 'paused' or asked ~= 'pause' then return '' end
    redis.call('HDEL', record, 'cancel')
    return 'asked-off'
  end
  if from == 'paused' then redis.call('HDEL', record, 'cancel') end
  local isDue = tonumber(notBeforeMs or 0) <= tonumber(now)
  if from == 'delayed' and not isDue then return '' end
  setState(prefix, record, id, isDue and 'waiting' or 'delayed')
  appendEvent(events, isDue and waitingEvent or delayedEvent)
  announceEvents(prefix, id)
  if isDue then redis.call('ZADD', prefix .. ':jobs:outbox', clockMs(), id) end
  return isDue and 'waiting' or 'delayed'
end

local states = {}
for at = 1, #KEYS / 2 do states[at] = release(KEYS[2 * at - 1], KEYS[2 * at], ARGV[5 + at]) end
return states
`);
