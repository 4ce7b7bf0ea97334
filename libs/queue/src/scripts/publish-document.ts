import { Script } from '../script';

/**
 * The leader writes one of its documents; whoever has lost the lead writes nothing.
 *
 *   KEYS[1] leader  KEYS[2] document
 *   ARGV[1] the value this caller holds  ARGV[2] its text
 */
export const publishDocumentScript = new Script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
return 1
`);
