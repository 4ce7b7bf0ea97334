import { Script } from '../script';
import { PRELUDE } from './prelude';

/**
 * A job that failed, was cancelled or expired waits again, as if it were new; its deadline is forgotten. Gets an outbox
 * entry, which stays until it is known to be in BullMQ's queue.
 *
 *   for each job: KEYS record, events, log
 *   ARGV[1] prefix  ARGV[2] now  ARGV[3] event  then for each job: id
 *
 * Returns for each job 'not-found', 'not-ended', 'completed', 'without-prompt' (a line of a batch's file), 'duplicate' (a
 * job with its dedupe key waits or runs) or 'retried'.
 */
export const retryScript = new Script(`${PRELUDE}
local prefix, now, event = unpack(ARGV, 1, 3)

local function retry(record, events, log, id)
  local known = redis.call('HMGET', record, 'state', 'messages', 'tenant', 'dedupeKey', 'line')
  local state, messages, tenant, dedupeKey, line = unpack(known, 1, 5)
  if not state then return 'not-found' end
  if not isTerminal(state) then return 'not-ended' end
  if state == 'completed' then return 'completed' end
  if line or not messages then return 'without-prompt' end
  if dedupeKey then
    local key = prefix .. ':dedupe:' .. tenant .. ':' .. dedupeKey
    if redis.call('EXISTS', key) == 1 then return 'duplicate' end
    redis.call('SET', key, id)
  end
  redis.call('HDEL', record, 'finishedAtMs', 'finishReason', 'failure', 'usage', 'course', 'cancel', 'card', 'token', 'write',
    'deadlineMs', 'notBeforeMs', 'thoughts', 'peakCells', 'resultDeleted', 'countedTokens',
    'countedKvByteSeconds')
  redis.call('HSET', record, 'crashes', 0, 'resumes', 0, 'failedAttempts', 0)
  redis.call('DEL', events)
  redis.call('PERSIST', log)
  setState(prefix, record, id, 'waiting')
  appendEvent(events, event)
  announceEvents(prefix, id)
  redis.call('ZADD', prefix .. ':jobs:outbox', clockMs(), id)
  return 'retried'
end

local outcomes = {}
for at = 1, #KEYS / 3 do
  local record, events, log = unpack(KEYS, 3 * at - 2, 3 * at)
  outcomes[at] = retry(record, events, log, ARGV[3 + at])
end
return outcomes
`);
