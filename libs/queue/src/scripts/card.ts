import { Script } from '../script';

/**
 * A card reports itself. A new incarnation takes the card's name over: the leases of the old one are broken,
 * so that its jobs come back as soon as BullMQ looks, and its inbox and placements go.
 *
 *   KEYS[1] card  KEYS[2] cards  KEYS[3] placements  KEYS[4] models  KEYS[5] card shapes
 *   ARGV[1] prefix  ARGV[2] card  ARGV[3] incarnation  ARGV[4] view  ARGV[5] ttlMs  ARGV[6] model, '' for a heartbeat
 *   ARGV[7] model info  ARGV[8] BullMQ's prefix  ARGV[9] the card's shape
 *
 * Returns 'ok', 'drain' where an operator drains the card, or 'replaced' to a heartbeat of an incarnation that is no longer the card's.
 */
export const reportCardScript = new Script(`
local cardKey, cards, placements, models, shapes = unpack(KEYS)
local prefix, card, incarnation, view, ttlMs, model, info, bull, shape = unpack(ARGV)
-- 'last' outlives the card's record, which runs out with its heartbeats.
local lastKey = cardKey .. ':last'
local last = redis.call('GET', lastKey)
if last and last ~= incarnation then
  if model == '' then return 'replaced' end
  for _, placed in ipairs(redis.call('HVALS', placements)) do
    local placement = cjson.decode(placed)
    local lock = bull .. ':' .. placement.queue .. ':' .. placement.jobId .. ':lock'
    if redis.call('GET', lock) == placement.token then redis.call('DEL', lock) end
    -- Without its token in the record nobody can take the lease up again.
    local record = prefix .. ':job:' .. placement.jobId
    if redis.call('HGET', record, 'token') == placement.token then redis.call('HDEL', record, 'token') end
  end
  redis.call('DEL', placements, cardKey .. ':inbox:' .. last)
end
redis.call('SET', lastKey, incarnation)
redis.call('HSET', cardKey, 'incarnation', incarnation, 'view', view)
redis.call('PEXPIRE', cardKey, ttlMs)
redis.call('SADD', cards, card)
if model ~= '' then
  redis.call('HSET', models, model, info)
  redis.call('HSET', shapes, model, shape)
  redis.call('HSETNX', prefix .. ':models:since', model, redis.call('TIME')[1])
  redis.call('PUBLISH', prefix .. ':changed', '')
end
return redis.call('HGET', prefix .. ':cordons', card) == 'draining' and 'drain' or 'ok'
`);

/**
 * A card leaves for good; only if it is still this incarnation's.
 *
 *   KEYS[1] card  KEYS[2] cards  KEYS[3] inbox
 *   ARGV[1] card  ARGV[2] incarnation
 */
export const withdrawCardScript = new Script(`
if redis.call('GET', KEYS[1] .. ':last') ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[1], KEYS[3])
redis.call('SREM', KEYS[2], ARGV[1])
return 1
`);
