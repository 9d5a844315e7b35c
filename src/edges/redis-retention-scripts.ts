/**
 * Redis retention scripts: who still needs the log, and letting go of what nobody does.
 *
 *   ctl:{s}   use:<name> ("position time silent_max" of a consumer, times in microseconds),
 *             archived, checkpointed (how far each is; absent is 0),
 *             trimmed (entries that end at or below it are gone; absent is 0)
 *
 * TRIM takes all that it decides by from ctl, in the same turn in which it trims: whoever calls
 * it, and with whatever in mind, can't make it let go of what is needed. MINID without ~: what is
 * gone is then known to the entry, on primary and replicas alike, and no append ever trims.
 *
 * All of them work on a server that is out of memory, which is when they are needed: their first
 * write is one that it takes (HDEL, XTRIM), and behind that it lets a script finish.
 */
import { Script } from "./redis-connection.ts";
import { SAME_LOG } from "./redis-same-log.ts";

const NOW = `
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
`;

/** ARGV: venue, name, position, silence allowed in microseconds. Returns trimmed. */
export const CONSUME = new Script(`${SAME_LOG}
local c = redis.call('HMGET', KEYS[3], 'venue', 'trimmed')
local wrong = other(c[1])
if wrong then return redis.error_reply(wrong) end
${NOW}
redis.call('HDEL', KEYS[3], 'use:' .. ARGV[2])
redis.call('HSET', KEYS[3], 'use:' .. ARGV[2],
  string.format('%s %.0f %s', ARGV[3], now, ARGV[4]))
return tonumber(c[2] or 0)
`);

/** ARGV: venue, "archived" or "checkpointed", position. Never goes back. */
export const COVER = new Script(`${SAME_LOG}
local c = redis.call('HMGET', KEYS[3], 'venue', ARGV[2])
local wrong = other(c[1])
if wrong then return redis.error_reply(wrong) end
if tonumber(c[2] or 0) >= tonumber(ARGV[3]) then return 0 end
redis.call('HDEL', KEYS[3], ARGV[2])
redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
return 1
`);

/**
 * ARGV: venue, position below which the caller would let go, positions at once. Drops consumers
 * that were silent for too long; returns trimmed.
 */
export const TRIM = new Script(`${SAME_LOG}
local c = redis.call('HMGET', KEYS[3], 'venue', 'archived', 'checkpointed', 'durable', 'ex_tip',
  'trimmed')
local wrong = other(c[1])
if wrong then return redis.error_reply(wrong) end
${NOW}
local floor = tonumber(ARGV[2])
for i = 2, 5 do floor = math.min(floor, tonumber(c[i] or 0)) end
local all = redis.call('HGETALL', KEYS[3])
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 4) == 'use:' then
    local position, since, allowed = string.match(all[i + 1], '^(%d+) (%d+) (%d+)$')
    if math.abs(now - tonumber(since)) > tonumber(allowed) then
      redis.call('HDEL', KEYS[3], all[i])
    else
      floor = math.min(floor, tonumber(position))
    end
  end
end
local trimmed = tonumber(c[6] or 0)
floor = math.min(floor, trimmed + 1 + tonumber(ARGV[3]))
if floor <= trimmed + 1 then return trimmed end
local least = string.format('0-%.0f', floor)
redis.call('XTRIM', KEYS[1], 'MINID', '=', least)
redis.call('XTRIM', KEYS[2], 'MINID', '=', least)
redis.call('HSET', KEYS[3], 'trimmed', string.format('%.0f', floor - 1))
return floor - 1
`);
