import { Script } from '../script';

/** Priorities that are looked at, from the most urgent. */
const MOST_PRIORITIES = 8;

/**
 * The first job of each priority of a queue.
 *
 *   KEYS[1] prioritized (BullMQ's)
 *   ARGV[1] prefix  ARGV[2] by how much the scores of two priorities differ
 *
 * Returns for each { id, tenant, priority, createdAtMs, predictedPeakCells }.
 */
export const waitingHeadsScript = new Script(`
local prefix, step = ARGV[1], tonumber(ARGV[2])
local heads, from = {}, 0
for _ = 1, ${MOST_PRIORITIES} do
  local found = redis.call('ZRANGE', KEYS[1], string.format('%.0f', from), '+inf', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
  if not found[1] then break end
  local known = redis.call('HMGET', prefix .. ':job:' .. found[1], 'tenant', 'priority', 'createdAtMs', 'predictedPeakCells')
  heads[#heads + 1] = { found[1], known[1], known[2], known[3], known[4] }
  from = (math.floor(tonumber(found[2]) / step) + 1) * step
end
return heads
`);
