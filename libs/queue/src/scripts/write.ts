import { Script } from '../script';
import { PRELUDE } from './prelude';

/**
 * Everything a holder of a lease may change, in one step, or nothing when the lease is another's.
 *
 *   KEYS[1] lock  KEYS[2] stalled  KEYS[3] active (BullMQ's)  KEYS[4] record  KEYS[5] events  KEYS[6] checkpoint
 *   KEYS[7] endings
 *   ARGV[1] prefix     ARGV[2] job id   ARGV[3] token   ARGV[4] leaseMs
 *   ARGV[5] number of this write under this token, from 1; a number that was seen is not applied again. 0 = not counted
 *   ARGV[6] new state, '' = as it is
 *   ARGV[7] new checkpoint, '' = as it is
 *   ARGV[8] keepEventsMs
 *   ARGV[9] new placement as JSON, '' = as it is
 *   ARGV[10] what the scheduler learns from the job's end, '' = nothing
 *   ARGV[11] line of the log, '' = none: its kind, a blank, and more
 *   ARGV[12] number of fields n, then field, value, ... (2n), then events
 *
 * A job that is handed back to be paused, of which that is no longer wanted, waits instead. Returns 'lost', 'held', or
 * 'cancel-requested', 'expire-requested', 'pause-requested' (held, too).
 */
export const writeScript = new Script(`${PRELUDE}
local lock, stalled, active, record, events, checkpoint, endings = unpack(KEYS)
local prefix, id, token, leaseMs, write = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local state, newCheckpoint, keepEventsMs, placement = ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local ending, line, fields = ARGV[10], ARGV[11], tonumber(ARGV[12])

local known = redis.call('HMGET', record, 'token', 'write', 'state', 'cancel', 'card')
local held = known[4] and stopReply(known[4]) or 'held'
if write > 0 and known[1] == token and tonumber(known[2] or 0) >= write then return held end
if not known[3] or isTerminal(known[3]) then return 'lost' end
if not holdsLease(lock, active, record, id, token) then return 'lost' end

renewLease(lock, stalled, id, token, leaseMs)
if write > 0 then redis.call('HSET', record, 'token', token, 'write', write) end
if fields > 0 then redis.call('HSET', record, unpack(ARGV, 13, 12 + 2 * fields)) end
if newCheckpoint ~= '' then
  redis.call('SET', checkpoint, newCheckpoint)
  if not isTerminal(state) then account(prefix, record, false) end
end
if placement ~= '' and known[5] then
  redis.call('HSET', prefix .. ':card:' .. known[5] .. ':placements', id, placement)
end
local isUnwanted = state == 'paused' and known[4] ~= 'pause'
if isUnwanted then
  state = 'waiting'
  redis.call('ZADD', prefix .. ':jobs:outbox', clockMs(), id)
elseif state == 'paused' then
  redis.call('HDEL', record, 'cancel')
end
for i = 13 + 2 * fields, #ARGV do
  appendEvent(events, isUnwanted and string.gsub(ARGV[i], '"paused"', '"waiting"') or ARGV[i])
end
if line ~= '' then noteLog(record, string.match(line, '%S+'), known[5], string.match(line, ' (.*)')) end
if state == 'completed' then redis.call('HDEL', record, 'failure') end
if state ~= '' then setState(prefix, record, id, state) end
if isTerminal(state) then
  conclude(prefix, record, events, checkpoint, id, keepEventsMs)
  if ending ~= '' then redis.call('XADD', endings, 'MAXLEN', '~', 100000, '*', 'e', ending) end
elseif state == 'waiting' or isSetAside(state) then
  release(prefix, record, id)
end
if #ARGV >= 13 + 2 * fields then announceEvents(prefix, id) end
return held
`);
