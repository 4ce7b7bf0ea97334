import { Script } from '../script';

/**
 * Moves a batch on, if it is in one of the statuses named; a repeated move changes nothing.
 *
 *   KEYS[1] batch
 *   ARGV[1] now  ARGV[2] new status  ARGV[3] number n of statuses to come from, then these (n), then field, value, ...
 *
 * Returns 1 when it is in the new status now.
 */
export const moveBatchScript = new Script(`
local now, to, froms = ARGV[1], ARGV[2], tonumber(ARGV[3])
local status = redis.call('HGET', KEYS[1], 'status')
if status == to then return 1 end
for i = 4, 3 + froms do
  if status == ARGV[i] then
    redis.call('HSET', KEYS[1], 'status', to, 'at:' .. to, now)
    if #ARGV > 3 + froms then redis.call('HSET', KEYS[1], unpack(ARGV, 4 + froms)) end
    return 1
  end
end
return 0
`);
