/** Lines of a job's log that are kept. */
export const LOG_ENTRIES = 256;

/**
 * Lua shared by the scripts that change a job. `prefix` is GISTPOOL_REDIS_PREFIX; keys are built as in names.ts
 * (one Redis, not a cluster). Times are Unix milliseconds.
 */
export const PRELUDE = `
local function isTerminal(state)
  return state == 'completed' or state == 'failed' or state == 'cancelled' or state == 'expired'
end

-- Nobody works on it and no queue holds it: it waits for its time, or for an order.
local function isSetAside(state) return state == 'delayed' or state == 'paused' end

-- What a process that holds the job is told of a stop that was asked for.
local function stopReply(stop) return (stop == '1' and 'cancel' or stop) .. '-requested' end

local function clockMs()
  local time = redis.call('TIME')
  return string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
end

-- One line of the job's log: when, what, on which card, and more. Of more than ${LOG_ENTRIES} the oldest go, counted.
local function noteLog(record, kind, card, detail)
  local log = record .. ':log'
  if redis.call('RPUSH', log, clockMs() .. ' ' .. kind .. ' ' .. (card or '-') .. ' ' .. (detail or '')) > ${LOG_ENTRIES} then
    redis.call('LPOP', log)
    redis.call('HINCRBY', record, 'logDropped', 1)
  end
end

local KINDS = {
  answering = 'answering', retrying = 'lost', paused = 'paused',
  completed = 'ended', failed = 'ended', cancelled = 'ended', expired = 'ended',
}

local function noteState(record, old, state)
  if not old then return noteLog(record, 'submitted', nil, state ~= 'waiting' and state or nil) end
  local card = redis.call('HGET', record, 'card')
  if old == 'delayed' and state == 'waiting' then return noteLog(record, 'due') end
  if old == 'paused' then return noteLog(record, isTerminal(state) and 'ended' or 'unpaused', nil, state) end
  if isTerminal(old) then return noteLog(record, 'retried', nil, old) end
  if state == 'waiting' then return noteLog(record, 'handed_back', card) end
  if state == 'delayed' then return noteLog(record, 'put_off', card) end
  if state == 'thinking' then
    local resumes = tonumber(redis.call('HGET', record, 'resumes') or 0)
    return noteLog(record, resumes > 0 and 'resumed' or 'started', card)
  end
  if KINDS[state] then noteLog(record, KINDS[state], card, isTerminal(state) and state or nil) end
end

-- What goes with a job's end: its deadline, the key under which it is not made twice, who is told, its batch.
local function settleEnd(prefix, record, id, state)
  redis.call('ZREM', prefix .. ':jobs:deadlines', id)
  local known = redis.call('HMGET', record, 'tenant', 'dedupeKey', 'webhookEvents', 'batch', 'line')
  local tenant, dedupeKey, webhookEvents, batch, line = unpack(known, 1, 5)
  if dedupeKey then
    local key = prefix .. ':dedupe:' .. tenant .. ':' .. dedupeKey
    if redis.call('GET', key) == id then redis.call('DEL', key) end
  end
  if webhookEvents and string.find(webhookEvents, state, 1, true) then
    local ends = redis.call('HINCRBY', record, 'ends', 1)
    -- A pool that sends no webhooks any more must not gather them for ever.
    local ended = prefix .. ':webhooks:ended'
    if redis.call('RPUSH', ended, 'job ' .. id .. ' ' .. state .. ' ' .. ends) > 100000 then redis.call('LPOP', ended) end
  end
  -- A line of a batch's file: it is counted by being in a set, and its prompt is in the file.
  if not batch or not line then return end
  redis.call('SETBIT', prefix .. ':batch:' .. batch .. ':' .. state, line, 1)
  redis.call('HDEL', record, 'messages')
end

-- The record's state and the index of each state never disagree: only this function changes them.
local function setState(prefix, record, id, state)
  local known = redis.call('HMGET', record, 'state', 'seq', 'notBeforeMs')
  local old, seq = known[1], known[2]
  if old == state then return end
  if old then redis.call('ZREM', prefix .. ':jobs:state:' .. old, id) end
  redis.call('ZADD', prefix .. ':jobs:state:' .. state, seq, id)
  redis.call('HSET', record, 'state', state)
  if state == 'delayed' then redis.call('ZADD', prefix .. ':jobs:due', known[3] or 0, id)
  elseif old == 'delayed' then redis.call('ZREM', prefix .. ':jobs:due', id) end
  noteState(record, old, state)
  if isTerminal(state) then settleEnd(prefix, record, id, state) end
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

-- What the job has used counts for its tenant on the day on which it is told, whether the job goes on or has ended: each
-- time what is more than was counted before.
local function account(prefix, record, hasEnded)
  local known = redis.call('HMGET', record, 'usage', 'tenant', 'countedTokens', 'countedKvByteSeconds')
  if not known[1] or not known[2] then return end
  local usage = cjson.decode(known[1])
  local tokens, byteSeconds = usage.generated_tokens + usage.prompt_tokens, usage.kv_byte_seconds or 0
  local tokensBefore, byteSecondsBefore = tonumber(known[3] or 0), tonumber(known[4] or 0)
  local key = prefix .. ':usage:' .. known[2] .. ':' .. math.floor(redis.call('TIME')[1] / 86400)
  if hasEnded then redis.call('HINCRBY', key, 'jobs', 1) end
  redis.call('HINCRBY', key, 'tokens', string.format('%.0f', math.max(0, tokens - tokensBefore)))
  redis.call('HINCRBY', key, 'kvByteSeconds', string.format('%.0f', math.max(0, byteSeconds - byteSecondsBefore)))
  redis.call('EXPIRE', key, 35 * 86400)
  redis.call('HSET', record, 'countedTokens', string.format('%.0f', math.max(tokens, tokensBefore)),
    'countedKvByteSeconds', string.format('%.0f', math.max(byteSeconds, byteSecondsBefore)))
end

-- After this the job never changes again. Of a batch's lines there are many, and few are watched.
local function conclude(prefix, record, events, checkpoint, id, keepEventsMs)
  if redis.call('HEXISTS', record, 'line') == 1 then
    keepEventsMs = math.min(keepEventsMs, 60000)
    redis.call('PEXPIRE', record .. ':log', keepEventsMs)
  end
  account(prefix, record, true)
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
