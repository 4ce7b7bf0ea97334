import { Script } from '../script';
import { PRELUDE } from './prelude';

/**
 * The holder of a job let its lease run out and BullMQ has put the job back. Safe to repeat: it does nothing
 * when the record says that nobody held the job. `token` is the caller's when it has fetched the job since, else ''.
 *
 * A crash is counted when the worker that held it is gone; one that only lost its lease lives on.
 * Returns 'ignored', 'crashed', 'lapsed' (the worker lives) or 'unclaimed' (no worker had taken it).
 */
export const NOTE_LOST = `
local function noteLost(prefix, lock, record, events, id, token, lostEvent, unclaimedEvent)
  local known = redis.call('HMGET', record, 'state', 'held', 'card')
  local state, held, card = known[1], known[2], known[3]
  if state ~= 'placed' and state ~= 'thinking' and state ~= 'answering' then return 'ignored' end
  local owner = redis.call('GET', lock)
  if owner and owner ~= token then return 'ignored' end

  local outcome = 'unclaimed'
  if held then
    local living = card and redis.call('HGET', prefix .. ':card:' .. card, 'incarnation')
    outcome = living == held and 'lapsed' or 'crashed'
  end
  if outcome == 'crashed' then redis.call('HINCRBY', record, 'crashes', 1) end
  setState(prefix, record, id, held and 'retrying' or 'waiting')
  appendEvent(events, held and lostEvent or unclaimedEvent)
  release(prefix, record, id)
  announceEvents(prefix, id)
  return outcome
end
`;

/**
 *   KEYS[1] lock (BullMQ's)  KEYS[2] record  KEYS[3] events
 *   ARGV[1] prefix  ARGV[2] job id
 *   ARGV[3] event when a worker held it  ARGV[4] event when none had taken it yet
 */
export const noteLostScript = new Script(`${PRELUDE}${NOTE_LOST}
local lock, record, events = unpack(KEYS)
local prefix, id, lostEvent, unclaimedEvent = unpack(ARGV)
return noteLost(prefix, lock, record, events, id, '', lostEvent, unclaimedEvent)
`);
