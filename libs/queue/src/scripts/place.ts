import { Script } from '../script';
import { PRELUDE } from './prelude';

/**
 * Hands fetched jobs to cards: state, event, the card's ledger entry and its inbox in one step.
 *
 *   KEYS[1] leader, then for each job: lock, stalled (BullMQ's), record, events, card, placements of the card, inbox
 *   ARGV[1] prefix  ARGV[2] leaseMs  ARGV[3] value of the leader key, the fence  ARGV[4] now
 *   then for each job: id, token, card, incarnation, event, placement as JSON,
 *   reserved cells, predicted peak (noted the first time only), times it outgrew its place, lane and cells for the log
 *
 * Returns for each job 'placed', 'not-leader', 'lost', 'card-gone', or 'cancel-requested', 'expire-requested', 'pause-requested'.
 */
export const placeScript = new Script(`${PRELUDE}
local prefix, leaseMs, fence, now = unpack(ARGV, 1, 4)
local leads = redis.call('GET', KEYS[1]) == fence

local function place(lock, stalled, record, events, cardKey, placements, inbox, id, token, card, incarnation, event, placement, reserved, promised, outgrown, place)
  local known = redis.call('HMGET', record, 'token', 'state', 'cancel')
  if known[1] == token and redis.call('HEXISTS', placements, id) == 1 then return 'placed' end
  if not leads then return 'not-leader' end
  if redis.call('GET', lock) ~= token or not known[2] or isTerminal(known[2]) or isSetAside(known[2]) then return 'lost' end
  if known[3] then return stopReply(known[3]) end
  if redis.call('HGET', cardKey, 'incarnation') ~= incarnation then return 'card-gone' end
  if redis.call('HEXISTS', prefix .. ':cordons', card) == 1 then return 'card-gone' end
  renewLease(lock, stalled, id, token, leaseMs)
  setState(prefix, record, id, 'placed')
  redis.call('HSET', record, 'card', card, 'placedAtMs', now, 'token', token, 'write', 0,
    'reservedCells', reserved, 'outgrown', outgrown)
  if redis.call('HSETNX', record, 'promisedPeakCells', promised) == 1 then
    redis.call('HSET', record, 'promisedAtMs', now)
  end
  noteLog(record, 'placed', card, place)
  redis.call('HDEL', record, 'held')
  redis.call('HSET', placements, id, placement)
  redis.call('XADD', inbox, '*', 'p', placement)
  appendEvent(events, event)
  announceEvents(prefix, id)
  return 'placed'
end

local outcomes = {}
for at = 1, (#KEYS - 1) / 7 do
  local lock, stalled, record, events, cardKey, placements, inbox = unpack(KEYS, 7 * at - 5, 7 * at + 1)
  local id, token, card, incarnation, event, placement, reserved, promised, outgrown, lane =
    unpack(ARGV, 10 * at - 5, 10 * at + 4)
  outcomes[at] = place(lock, stalled, record, events, cardKey, placements, inbox,
    id, token, card, incarnation, event, placement, reserved, promised, outgrown, lane)
end
return outcomes
`);
