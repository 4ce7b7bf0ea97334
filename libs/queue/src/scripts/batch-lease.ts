import { Script } from '../script';

/**
 * Takes or keeps the right to work on a batch.   KEYS[1] lease   ARGV[1] owner   ARGV[2] ttlMs
 *
 * Returns 1 when the owner has it.
 */
export const holdBatchScript = new Script(`
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`);

/** Gives it back.   KEYS[1] lease   ARGV[1] owner */
export const releaseBatchScript = new Script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`);
