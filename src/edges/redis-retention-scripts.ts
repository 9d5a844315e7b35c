/**
 * Redis retention scripts: who still needs the log, and letting go of what nobody does.
 *
 *   ctl:{s}   use:<name> ("position time silent_max" of a consumer, times in microseconds),
 *             archived, checkpointed (how far each is; absent is 0),
 *             trimmed (entries that end at or below it are gone; absent is 0),
 *             restored ("position generation" of a log that was made anew)
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

/**
 * ARGV: venue, genesis record, stamp, generation, position, log time, log time before, frames,
 * execution record, rules, next ("" for none), ends. Makes a log that ends with that one record,
 * where there is none.
 */
export const RESTORE = new Script(`
local restored = ARGV[5] .. ' ' .. ARGV[4]
if redis.call('EXISTS', KEYS[1], KEYS[2], KEYS[3], KEYS[4]) > 0 then
  local c = redis.call('HMGET', KEYS[3], 'venue', 'restored')
  if c[1] == ARGV[1] and c[2] == restored then return 0 end
  return redis.error_reply('EXISTS there is a log already')
end
local id = '0-' .. ARGV[5]
redis.call('XADD', KEYS[1], id, 'd', ARGV[8], 't', ARGV[6], 's', ARGV[3], 'b', ARGV[7])
redis.call('XADD', KEYS[2], id, 'd', ARGV[9])
redis.call('XADD', KEYS[4], id, 'e', ARGV[4])
redis.call('HSET', KEYS[3], 'venue', ARGV[1], 'genesis', ARGV[2], 'stamp', ARGV[3],
  'generation', ARGV[4], 'in_tip', ARGV[5], 'log_time', ARGV[6],
  'epoch', ARGV[4], 'ex_tip', ARGV[5], 'durable', ARGV[5], 'restored', restored,
  'archived', ARGV[5], 'checkpointed', ARGV[5],
  'trimmed', string.format('%.0f', tonumber(ARGV[5]) - 1), 'ends', ARGV[12])
if ARGV[10] ~= '' then redis.call('HSET', KEYS[3], 'rules', ARGV[10]) end
if ARGV[11] ~= '' then redis.call('HSET', KEYS[3], 'next', ARGV[11]) end
return 1
`);

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
local silent = {}
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 4) == 'use:' then
    local position, since, allowed = string.match(all[i + 1], '^(%d+) (%d+) (%d+)$')
    if math.abs(now - tonumber(since)) > tonumber(allowed) then
      silent[#silent + 1] = all[i]
    else
      floor = math.min(floor, tonumber(position))
    end
  end
end
-- In one order, whichever a hash answers in: what it leaves in the file is the same everywhere.
table.sort(silent)
for _, name in ipairs(silent) do redis.call('HDEL', KEYS[3], name) end
local trimmed = tonumber(c[6] or 0)
floor = math.min(floor, trimmed + 1 + tonumber(ARGV[3]))
if floor <= trimmed + 1 then return trimmed end
local least = string.format('0-%.0f', floor)
redis.call('XTRIM', KEYS[1], 'MINID', '=', least)
redis.call('XTRIM', KEYS[2], 'MINID', '=', least)
redis.call('HSET', KEYS[3], 'trimmed', string.format('%.0f', floor - 1))
return floor - 1
`);
