import { Script } from '../script';
import { PRELUDE } from './prelude';

/**
 * Records new jobs in state `waiting`: record, indexes, first event and an outbox entry, all of them or none.
 * A job whose id is known already is left as it is.
 *
 *   KEYS[1] sequence   KEYS[2] outbox   KEYS[3] queues
 *   ARGV[1] prefix     ARGV[2] now      ARGV[3] first event   ARGV[4] number of jobs
 *   then for each job: id, queue, number of fields, field, value, ..., number of indexes, index key, ...
 *
 * Returns the number of jobs that are new.
 */
export const submitScript = new Script(`${PRELUDE}
local prefix, now, event = ARGV[1], ARGV[2], ARGV[3]
local at, added = 5, 0
for _ = 1, tonumber(ARGV[4]) do
  local id, queue = ARGV[at], ARGV[at + 1]
  local fields = tonumber(ARGV[at + 2])
  local firstField = at + 3
  local firstIndex = firstField + 2 * fields + 1
  local indexes = tonumber(ARGV[firstIndex - 1])
  local record = prefix .. ':job:' .. id
  if redis.call('EXISTS', record) == 0 then
    local seq = redis.call('INCR', KEYS[1])
    redis.call('HSET', record, 'seq', seq, unpack(ARGV, firstField, firstIndex - 2))
    for i = firstIndex, firstIndex + indexes - 1 do redis.call('ZADD', ARGV[i], seq, id) end
    setState(prefix, record, id, 'waiting')
    appendEvent(record .. ':events', event)
    redis.call('ZADD', KEYS[2], now, id)
    redis.call('SADD', KEYS[3], queue)
    added = added + 1
  end
  at = firstIndex + indexes
end
return added
`);
