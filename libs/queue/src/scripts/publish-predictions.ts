import { Script } from '../script';

/**
 * The leader writes what it has learnt; whoever has lost the lead writes nothing.
 *
 *   KEYS[1] leader  KEYS[2] predictions
 *   ARGV[1] the value this caller holds  ARGV[2] the document
 */
export const publishPredictionsScript = new Script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
return 1
`);
