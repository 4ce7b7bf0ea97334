import { Script } from '../script';
import { PRELUDE } from './prelude';

/**
 * Records new jobs: record, indexes, first event and an outbox entry, all of them or none. They wait, or are delayed until
 * their time comes. A job whose id is known already is left as it is; one whose dedupe key a job holds is not made.
 *
 *   KEYS[1] sequence   KEYS[2] outbox   KEYS[3] queues
 *   ARGV[1] prefix     ARGV[2] now      ARGV[3] first event   ARGV[4] first event of a delayed job
 *   ARGV[5] number of jobs, then for each job: id, queue, dedupe key ('' = none), not before ms ('' = at once),
 *   deadline ms ('' = none), number of fields, field, value, ..., number of indexes, index key, ...
 *
 * Returns for each job the id under which it is known: its own, or that of the job that holds its dedupe key.
 */
export const submitScript = new Script(`${PRELUDE}
local prefix, now, event, delayedEvent = unpack(ARGV, 1, 4)
local at, ids = 6, {}
for n = 1, tonumber(ARGV[5]) do
  local id, queue, dedupeKey, notBeforeMs, deadlineMs = unpack(ARGV, at, at + 4)
  local fields = tonumber(ARGV[at + 5])
  local firstField = at + 6
  local firstIndex = firstField + 2 * fields + 1
  local indexes = tonumber(ARGV[firstIndex - 1])
  local record = prefix .. ':job:' .. id
  local isNew = redis.call('EXISTS', record) == 0
  ids[n] = id
  if isNew and dedupeKey ~= '' then
    if not redis.call('SET', dedupeKey, id, 'NX') then
      ids[n] = redis.call('GET', dedupeKey)
      isNew = false
    end
  end
  if isNew then
    local isDelayed = notBeforeMs ~= '' and tonumber(notBeforeMs) > tonumber(now)
    local seq = redis.call('INCR', KEYS[1])
    redis.call('HSET', record, 'seq', seq, unpack(ARGV, firstField, firstIndex - 2))
    for i = firstIndex, firstIndex + indexes - 1 do redis.call('ZADD', ARGV[i], seq, id) end
    setState(prefix, record, id, isDelayed and 'delayed' or 'waiting')
    appendEvent(record .. ':events', isDelayed and delayedEvent or event)
    if deadlineMs ~= '' then redis.call('ZADD', prefix .. ':jobs:deadlines', deadlineMs, id) end
    if not isDelayed then redis.call('ZADD', KEYS[2], clockMs(), id) end
    redis.call('SADD', KEYS[3], queue)
  end
  at = firstIndex + indexes
end
return ids
`);
