import { Script } from '../script';

/**
 * Takes or keeps the lead. The key holds `<epoch>:<id>`; the epoch grows with every change of leader and fences
 * what the leader writes.
 *
 *   KEYS[1] leader  KEYS[2] epoch counter
 *   ARGV[1] the value this caller holds, '' when it does not lead  ARGV[2] its id  ARGV[3] ttlMs
 *
 * Returns the value the caller holds now, or false when another leads.
 */
export const leadScript = new Script(`
local leader, epoch = KEYS[1], KEYS[2]
local current = redis.call('GET', leader)
if current and current == ARGV[1] then
  redis.call('PEXPIRE', leader, ARGV[3])
  return current
end
if current then return false end
local mine = redis.call('INCR', epoch) .. ':' .. ARGV[2]
redis.call('SET', leader, mine, 'PX', ARGV[3])
return mine
`);

/** Gives the lead up. KEYS[1] leader, ARGV[1] the value this caller holds. */
export const resignScript = new Script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`);
