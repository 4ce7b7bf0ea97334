import { Script } from '../script';

/**
 * Moves a batch on, if it is in one of the statuses named; a repeated move changes nothing.
 *
 *   KEYS[1] batch  KEYS[2] ends that somebody is to be told of
 *   ARGV[1] now  ARGV[2] id  ARGV[3] new status  ARGV[4] number n of statuses to come from, then these (n), then field,
 *   value, ...
 *
 * Returns 1 when it is in the new status now.
 */
export const moveBatchScript = new Script(`
local now, id, to, froms = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local status = redis.call('HGET', KEYS[1], 'status')
if status == to then return 1 end
for i = 5, 4 + froms do
  if status == ARGV[i] then
    redis.call('HSET', KEYS[1], 'status', to, 'at:' .. to, now)
    if #ARGV > 4 + froms then redis.call('HSET', KEYS[1], unpack(ARGV, 5 + froms)) end
    local wanted = redis.call('HGET', KEYS[1], 'webhookEvents')
    if wanted and string.find(wanted, to, 1, true) then redis.call('RPUSH', KEYS[2], 'batch ' .. id .. ' ' .. to .. ' 1') end
    return 1
  end
end
return 0
`);
