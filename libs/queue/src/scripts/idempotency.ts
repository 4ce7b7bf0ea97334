import { Script } from '../script';

/**
 * Takes the right to make what a key stands for, if nobody has made it or makes it now.
 *
 *   KEYS[1] the key's hash
 *   ARGV[1] fingerprint of the request  ARGV[2] id to make it under  ARGV[3] owner of the right
 *   ARGV[4] ms for which the right lasts  ARGV[5] ms for which the key is kept
 *
 * Returns { 'make', id }, { 'answer', answer }, { 'making' } or { 'other' }.
 */
export const claimScript = new Script(`
local fingerprint, id, owner, makingMs, keptMs = unpack(ARGV)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call('HMGET', KEYS[1], 'fingerprint', 'id', 'answer', 'until', 'owner')
if known[1] and known[1] ~= fingerprint then return { 'other' } end
if known[3] then return { 'answer', known[3] } end
if known[1] and known[5] ~= owner and tonumber(known[4]) > now then return { 'making' } end
redis.call('HSET', KEYS[1], 'fingerprint', fingerprint, 'id', known[2] or id, 'owner', owner, 'until', string.format('%.0f', now + makingMs))
if not known[1] then redis.call('PEXPIRE', KEYS[1], keptMs) end
return { 'make', known[2] or id }
`);

/**
 * Keeps the answer, or frees the key when there is none. Of another's right nothing is changed.
 *
 *   KEYS[1] the key's hash  ARGV[1] owner  ARGV[2] answer, '' = none
 */
export const settleClaimScript = new Script(`
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
if ARGV[2] == '' then return redis.call('DEL', KEYS[1]) end
redis.call('HSET', KEYS[1], 'answer', ARGV[2])
return 1
`);
