import { Script } from '../script';
import { PRELUDE } from './prelude';

/**
 * Keeps the leases of jobs that the caller holds.
 *
 *   for each job: KEYS lock, stalled, active (BullMQ's), record
 *   ARGV[1] leaseMs, then for each job: id, token
 *
 * Returns for each job 'lost', 'held', or 'cancel-requested', 'expire-requested', 'pause-requested' (held, too).
 */
export const renewScript = new Script(`${PRELUDE}
local leaseMs = ARGV[1]

local function renew(lock, stalled, active, record, id, token)
  local known = redis.call('HMGET', record, 'state', 'cancel')
  if not known[1] or isTerminal(known[1]) or isSetAside(known[1]) then return 'lost' end
  if not holdsLease(lock, active, record, id, token) then return 'lost' end
  renewLease(lock, stalled, id, token, leaseMs)
  return known[2] and stopReply(known[2]) or 'held'
end

local outcomes = {}
for at = 1, #KEYS / 4 do
  local lock, stalled, active, record = unpack(KEYS, 4 * at - 3, 4 * at)
  outcomes[at] = renew(lock, stalled, active, record, ARGV[2 * at], ARGV[2 * at + 1])
end
return outcomes
`);
