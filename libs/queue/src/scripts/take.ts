import { Script } from '../script';
import { PRELUDE } from './prelude';

/**
 * A worker takes over jobs that were placed on it. From here a lost worker counts as a crash of these jobs.
 *
 *   for each job: KEYS lock, stalled, active (BullMQ's), record, checkpoint
 *   ARGV[1] leaseMs  ARGV[2] incarnation, then for each job: id, token
 *
 * Returns for each job false when the lease is another's, else { record as fields and values, checkpoint or false }.
 */
export const takeScript = new Script(`${PRELUDE}
local leaseMs, incarnation = ARGV[1], ARGV[2]

local function take(lock, stalled, active, record, checkpoint, id, token)
  local known = redis.call('HMGET', record, 'state', 'held')
  if not known[1] or isTerminal(known[1]) or isSetAside(known[1]) then return false end
  if not holdsLease(lock, active, record, id, token) then return false end
  renewLease(lock, stalled, id, token, leaseMs)
  local saved = redis.call('GET', checkpoint)
  if known[2] ~= incarnation then
    redis.call('HSET', record, 'held', incarnation)
    if saved then redis.call('HINCRBY', record, 'resumes', 1) end
  end
  return { redis.call('HGETALL', record), saved }
end

local taken = {}
for at = 1, #KEYS / 5 do
  local lock, stalled, active, record, checkpoint = unpack(KEYS, 5 * at - 4, 5 * at)
  taken[at] = take(lock, stalled, active, record, checkpoint, ARGV[2 * at + 1], ARGV[2 * at + 2])
end
return taken
`);
