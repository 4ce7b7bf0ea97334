/**
 * Lua shared by the scripts that change a job. `prefix` is GISTPOOL_REDIS_PREFIX; keys are built as in names.ts
 * (one Redis, not a cluster). Times are Unix milliseconds.
 */
export const PRELUDE = `
local function isTerminal(state)
  return state == 'completed' or state == 'failed' or state == 'cancelled'
end

-- The record's state and the index of each state never disagree: only this function changes them.
local function setState(prefix, record, id, state)
  local known = redis.call('HMGET', record, 'state', 'seq')
  local old, seq = known[1], known[2]
  if old == state then return end
  if old then redis.call('ZREM', prefix .. ':jobs:state:' .. old, id) end
  redis.call('ZADD', prefix .. ':jobs:state:' .. state, seq, id)
  redis.call('HSET', record, 'state', state)
end

local function appendEvent(events, event)
  redis.call('XADD', events, 'MAXLEN', '~', 100000, '*', 'e', event)
end

local function announceEvents(prefix, id)
  redis.call('PUBLISH', prefix .. ':events:' .. id, '')
end

-- The slot is free again and nobody holds the job. token and write stay, so that a repeated write is known.
local function release(prefix, record, id)
  local card = redis.call('HGET', record, 'card')
  if card then redis.call('HDEL', prefix .. ':card:' .. card .. ':placements', id) end
  redis.call('HDEL', record, 'held')
  redis.call('PUBLISH', prefix .. ':changed', '')
end

-- After this the job never changes again.
local function conclude(prefix, record, events, checkpoint, id, keepEventsMs)
  release(prefix, record, id)
  redis.call('DEL', checkpoint)
  redis.call('PEXPIRE', events, keepEventsMs)
end

-- True when the bearer of the token owns the job. A lock that ran out unnoticed (Redis was away for longer than
-- a lease) still belongs to its last bearer as long as BullMQ has not given the job to anybody else.
local function holdsLease(lock, active, record, id, token)
  local owner = redis.call('GET', lock)
  if owner then return owner == token end
  return redis.call('HGET', record, 'token') == token and redis.call('LPOS', active, id) ~= false
end

-- As BullMQ's own extendLock.
local function renewLease(lock, stalled, id, token, leaseMs)
  redis.call('SET', lock, token, 'PX', leaseMs)
  redis.call('SREM', stalled, id)
end
`;
