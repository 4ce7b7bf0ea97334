import { Script } from '../script';

/**
 * Whether a tenant may ask for work, by its quotas, and if so takes one request from its bucket. The bucket is kept as the
 * moment at which it is full again: a request moves that on by a minute's part, and finds it empty when it is a minute off.
 *
 *   KEYS[1] tenant   KEYS[2] bucket   KEYS[3] usage of the day
 *   ARGV[1] now      ARGV[2] requests to take: 0 = look only
 *
 * Returns outcome (0 admitted, 1 requests, 2 tokens, 3 kv byte-seconds), ms until a request is there again, requests per
 * minute, requests left, ms until the bucket is full, tokens per day, used, kv byte-seconds per day, used. A limit of 0: none.
 */
export const admitScript = new Script(`
local now, take = tonumber(ARGV[1]), tonumber(ARGV[2])
local quotas = redis.call('HMGET', KEYS[1], 'requests_per_minute', 'tokens_per_day', 'kv_byte_seconds_per_day')
local used = redis.call('HMGET', KEYS[3], 'tokens', 'kvByteSeconds')
local perMinute, tokens, bytes = tonumber(quotas[1] or 0), tonumber(quotas[2] or 0), tonumber(quotas[3] or 0)
local tokensUsed, bytesUsed = tonumber(used[1] or 0), tonumber(used[2] or 0)

local outcome, wait, left, full = 0, 0, 0, 0
if tokens > 0 and tokensUsed >= tokens then outcome = 2
elseif bytes > 0 and bytesUsed >= bytes then outcome = 3 end

if perMinute > 0 then
  local each = 60000 / perMinute
  local fullAt = math.max(now, tonumber(redis.call('GET', KEYS[2]) or 0))
  local after = fullAt + take * each
  if after - now > 60000 then
    if outcome == 0 and take > 0 then
      outcome = 1
      wait = math.ceil(after - now - 60000)
    end
  elseif outcome == 0 and take > 0 then
    fullAt = after
    redis.call('SET', KEYS[2], string.format('%.3f', fullAt), 'PX', math.ceil(fullAt - now) + 1000)
  end
  full = math.ceil(fullAt - now)
  left = math.max(0, math.floor((60000 - (fullAt - now)) / each + 0.000001))
end
local function whole(number) return string.format('%.0f', number) end
return { outcome, wait, perMinute, left, full, whole(tokens), whole(tokensUsed), whole(bytes), whole(bytesUsed) }
`);
