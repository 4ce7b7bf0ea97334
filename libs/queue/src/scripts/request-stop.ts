import { Script } from '../script';
import { PRELUDE } from './prelude';

/**
 * Asks that jobs be cancelled, expire, or be paused. One that nobody holds ends, or is set aside, here and now; of others
 * the flag is raised and every process told. A cancel goes before an expiry, and that before a pause.
 *
 *   for each job: KEYS lock (BullMQ's), record, events, checkpoint
 *   ARGV[1] prefix  ARGV[2] now  ARGV[3] keepEventsMs  ARGV[4] 'cancel', 'expire' or 'pause'
 *   ARGV[5] the state it comes to  ARGV[6] event  ARGV[7] failure as JSON, '' = none
 *   then for each job: id
 *
 * Returns for each job 'not-found', 'already-ended', 'done' or 'asked'.
 */
export const requestStopScript = new Script(`${PRELUDE}
local prefix, now, keepEventsMs, stop, target, event, failure = unpack(ARGV, 1, 7)
local RANKS = { pause = 1, expire = 2, cancel = 3, ['1'] = 3 }

local function setAside(record, events, id)
  redis.call('HDEL', record, 'cancel')
  setState(prefix, record, id, target)
  appendEvent(events, event)
  announceEvents(prefix, id)
end

local function finish(record, events, checkpoint, id)
  redis.call('HSET', record, 'finishedAtMs', now, 'finishReason', 'cancelled')
  if failure ~= '' then redis.call('HSET', record, 'failure', failure) end
  setState(prefix, record, id, target)
  appendEvent(events, event)
  announceEvents(prefix, id)
  conclude(prefix, record, events, checkpoint, id, keepEventsMs)
end

local function ask(lock, record, events, checkpoint, id)
  -- An expiry is asked for once; the flag tells of it from then on.
  if stop == 'expire' then redis.call('ZREM', prefix .. ':jobs:deadlines', id) end
  local known = redis.call('HMGET', record, 'state', 'cancel')
  local state, asked = known[1], known[2]
  if not state then return 'not-found' end
  if isTerminal(state) then return 'already-ended' end
  if stop == 'pause' and state == 'paused' then return 'done' end
  local isIdle = isSetAside(state) or ((state == 'waiting' or state == 'retrying') and redis.call('EXISTS', lock) == 0)
  if isIdle and stop == 'pause' then setAside(record, events, id) return 'done' end
  if not asked or RANKS[asked] < RANKS[stop] then redis.call('HSET', record, 'cancel', stop) end
  if isIdle then finish(record, events, checkpoint, id) return 'done' end
  redis.call('PUBLISH', prefix .. ':cancel', id .. ' ' .. stop)
  return 'asked'
end

local outcomes = {}
for at = 1, #KEYS / 4 do
  local lock, record, events, checkpoint = unpack(KEYS, 4 * at - 3, 4 * at)
  outcomes[at] = ask(lock, record, events, checkpoint, ARGV[7 + at])
end
return outcomes
`);
