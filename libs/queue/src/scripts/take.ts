import { Script } from '../script';
import { PRELUDE } from './prelude';

/**
 * A worker takes over a job that was placed on it. From here a lost worker counts as a crash of this job.
 *
 *   KEYS[1] lock  KEYS[2] stalled  KEYS[3] active (BullMQ's)  KEYS[4] record  KEYS[5] checkpoint
 *   ARGV[1] job id  ARGV[2] token  ARGV[3] leaseMs  ARGV[4] incarnation
 *
 * Returns false when the lease is another's, else { record as fields and values, checkpoint or false }.
 */
export const takeScript = new Script(`${PRELUDE}
local lock, stalled, active, record, checkpoint = unpack(KEYS)
local id, token, leaseMs, incarnation = unpack(ARGV)
local state = redis.call('HGET', record, 'state')
if not state or isTerminal(state) then return false end
if not holdsLease(lock, active, record, id, token) then return false end
renewLease(lock, stalled, id, token, leaseMs)
local saved = redis.call('GET', checkpoint)
if redis.call('HGET', record, 'held') ~= incarnation then
  redis.call('HSET', record, 'held', incarnation)
  if saved then redis.call('HINCRBY', record, 'resumes', 1) end
end
return { redis.call('HGETALL', record), saved }
`);
