import { Script } from '../script';

/**
 * Puts a new key in the place of one that may still be used and was not replaced before. Safe to repeat: the same new
 * key is written the same.
 *
 *   KEYS[1] old key   KEYS[2] new key   KEYS[3] keys
 *   ARGV[1] id of the new key   ARGV[2] now   ARGV[3] when the old one ends at the latest   then field, value, … of the new
 *
 * Returns 1, or 0 when the old key is not active any more.
 */
export const replaceKeyScript = new Script(`
local known = redis.call('HMGET', KEYS[1], 'spec', 'revokedAtMs', 'expiresAtMs', 'replacedBy')
if not known[1] or known[2] then return 0 end
if known[4] then return known[4] == ARGV[1] and 1 or 0 end
if known[3] and tonumber(known[3]) <= tonumber(ARGV[2]) then return 0 end
if not known[3] or tonumber(known[3]) > tonumber(ARGV[3]) then redis.call('HSET', KEYS[1], 'expiresAtMs', ARGV[3]) end
redis.call('HSET', KEYS[1], 'replacedBy', ARGV[1])
redis.call('HSET', KEYS[2], unpack(ARGV, 4))
redis.call('ZADD', KEYS[3], ARGV[2], ARGV[1])
return 1
`);

/**
 * KEYS[1] key   ARGV[1] now. Returns 1 when there is such a key; the time of its first revocation stays.
 */
export const revokeKeyScript = new Script(`
if redis.call('HEXISTS', KEYS[1], 'spec') == 0 then return 0 end
redis.call('HSETNX', KEYS[1], 'revokedAtMs', ARGV[1])
return 1
`);
