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
  if not isTerminal(state) then return end
  -- A line of a batch's file: it is counted by being in a set, and its prompt is in the file.
  local line = redis.call('HMGET', record, 'batch', 'line')
  if not line[1] or not line[2] then return end
  redis.call('SETBIT', prefix .. ':batch:' .. line[1] .. ':' .. state, line[2], 1)
  redis.call('HDEL', record, 'messages')
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

-- What the job has used counts for its tenant on the day on which it ends, once, since it ends once.
local function account(prefix, record)
  local known = redis.call('HMGET', record, 'usage', 'tenant')
  if not known[1] or not known[2] then return end
  local usage = cjson.decode(known[1])
  local tokens, byteSeconds = usage.generated_tokens, 0
  -- Dep sums the cells that each sampled token saw; a token took as long as another.
  if tokens > 0 and usage.peak_cells > 0 then
    byteSeconds = usage.dep / tokens * usage.kv_bytes_at_peak / usage.peak_cells * usage.run_ms / 1000
  end
  local key = prefix .. ':usage:' .. known[2] .. ':' .. math.floor(redis.call('TIME')[1] / 86400)
  redis.call('HINCRBY', key, 'jobs', 1)
  redis.call('HINCRBY', key, 'tokens', string.format('%.0f', tokens + usage.prompt_tokens))
  redis.call('HINCRBY', key, 'kvByteSeconds', string.format('%.0f', byteSeconds))
  redis.call('EXPIRE', key, 35 * 86400)
end

-- After this the job never changes again. Of a batch's lines there are many, and few are watched.
local function conclude(prefix, record, events, checkpoint, id, keepEventsMs)
  if redis.call('HEXISTS', record, 'line') == 1 then keepEventsMs = math.min(keepEventsMs, 60000) end
  account(prefix, record)
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
