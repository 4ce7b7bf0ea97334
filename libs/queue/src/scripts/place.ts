import { Script } from '../script';
import { PRELUDE } from './prelude';

/**
 * Hands a fetched job to a card: state, event, the card's ledger entry and its inbox in one step.
 *
 *   KEYS[1] lock  KEYS[2] stalled (BullMQ's)  KEYS[3] record  KEYS[4] events
 *   KEYS[5] card  KEYS[6] placements of the card  KEYS[7] inbox  KEYS[8] leader
 *   ARGV[1] prefix  ARGV[2] job id  ARGV[3] token  ARGV[4] leaseMs  ARGV[5] value of the leader key, the fence
 *   ARGV[6] card    ARGV[7] incarnation  ARGV[8] now  ARGV[9] event  ARGV[10] placement as JSON
 *
 * Returns 'placed', 'not-leader', 'lost', 'card-gone' or 'cancel-requested'.
 */
export const placeScript = new Script(`${PRELUDE}
local lock, stalled, record, events, cardKey, placements, inbox, leader = unpack(KEYS)
local prefix, id, token, leaseMs, fence, card, incarnation, now, event, placement = unpack(ARGV)
local known = redis.call('HMGET', record, 'token', 'state', 'cancel')
if known[1] == token and redis.call('HEXISTS', placements, id) == 1 then return 'placed' end
if redis.call('GET', leader) ~= fence then return 'not-leader' end
if redis.call('GET', lock) ~= token or not known[2] or isTerminal(known[2]) then return 'lost' end
if known[3] then return 'cancel-requested' end
if redis.call('HGET', cardKey, 'incarnation') ~= incarnation then return 'card-gone' end
renewLease(lock, stalled, id, token, leaseMs)
setState(prefix, record, id, 'placed')
redis.call('HSET', record, 'card', card, 'placedAtMs', now, 'token', token, 'write', 0)
redis.call('HDEL', record, 'held')
redis.call('HSET', placements, id, placement)
redis.call('XADD', inbox, '*', 'p', placement)
appendEvent(events, event)
announceEvents(prefix, id)
return 'placed'
`);
