/**
 * Redis turn scripts: who leads of those that could, and what settlements tell each other. Fields
 * of ctl:{s}, refusals and keys as in redis-scripts.ts.
 *
 * Who leads goes on leading on a server that is out of memory: the first write is one that it
 * takes, and behind that it lets a script finish.
 */
import { Script } from "./redis-connection.ts";
import { SAME_LOG } from "./redis-same-log.ts";

/** So many commitments are kept to be compared; each holds the hash of the one before it. */
const SAID_KEPT = 64;

/**
 * ARGV: venue, kind of turn ("epoch": who writes ex; "term": who publishes), owner, lease in
 * microseconds, owner known to be dead ("" for none). Begins the next turn of that kind, unless
 * somebody has it and lives; returns its number and the tip of ex. The lease is for peace only: it
 * is the number that fences, and one that was renewed in what is now the future counts as over.
 */
export const TAKE_TURN = new Script(`${SAME_LOG}
local lead = 'lead:' .. ARGV[2]
local c = redis.call('HMGET', KEYS[3], 'venue', 'ex_tip', lead)
local wrong = other(c[1])
if wrong then return redis.error_reply(wrong) end
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
if c[3] then
  local since, owner = string.match(c[3], '^(%d+) (.*)$')
  local lives = math.abs(now - tonumber(since)) < tonumber(ARGV[4])
  if lives and owner ~= ARGV[3] and owner ~= ARGV[5] then
    return redis.error_reply('INUSE ' .. owner)
  end
end
redis.call('HDEL', KEYS[3], lead)
redis.call('HSET', KEYS[3], lead, string.format('%.0f ', now) .. ARGV[3])
return {redis.call('HINCRBY', KEYS[3], ARGV[2], 1), tonumber(c[2])}
`);

/**
 * ARGV: venue, kind, number, owner, "1" to give it back. Renews that turn; 0 if it is over: also if
 * another owner has one of this number, for after a failover two may have been given the same.
 */
export const HOLD_TURN = new Script(`${SAME_LOG}
local lead = 'lead:' .. ARGV[2]
local c = redis.call('HMGET', KEYS[3], 'venue', ARGV[2], lead)
local wrong = other(c[1])
if wrong then return redis.error_reply(wrong) end
if c[2] ~= ARGV[3] then return 0 end
if c[3] and string.match(c[3], '^%d+ (.*)$') ~= ARGV[4] then return 0 end
redis.call('HDEL', KEYS[3], lead)
if ARGV[5] == '1' then return 1 end
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
redis.call('HSET', KEYS[3], lead, string.format('%.0f ', now) .. ARGV[4])
return 1
`);

/** ARGV: venue, kind, lease in microseconds. The owner of the turn if it lives, else "". */
export const LOOK_TURN = new Script(`${SAME_LOG}
local c = redis.call('HMGET', KEYS[3], 'venue', 'lead:' .. ARGV[2])
local wrong = other(c[1])
if wrong then return redis.error_reply(wrong) end
if not c[2] then return '' end
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
local since, owner = string.match(c[2], '^(%d+) (.*)$')
if math.abs(now - tonumber(since)) < tonumber(ARGV[3]) then return owner end
return ''
`);

/**
 * ARGV: venue, number of a commitment, its hash, who computed it. Writes it down under said:<number
 * modulo ${SAID_KEPT}> ("number generation hash who [another]") where nobody has, and refuses
 * DIFFERS one that is another than what a settlement has said in this generation; from then on it
 * refuses both ("!" for another). Returns 0 for the first to say it, 3 for the first where two have
 * said the one before it, 1 where another has said the same, 2 below all that is kept.
 */
export const SAY_COMMITMENT = new Script(`${SAME_LOG}
local number = tonumber(ARGV[2])
local field = string.format('said:%.0f', number % ${SAID_KEPT})
local before = string.format('said:%.0f', (number + ${SAID_KEPT} - 1) % ${SAID_KEPT})
local c = redis.call('HMGET', KEYS[3], 'venue', 'generation', field, before)
local wrong = other(c[1])
if wrong then return redis.error_reply(wrong) end
local word = '^(%d+) (%d+) (%S+) (%S+) ?(%S*)$'
local said, generation, hash, one, two = string.match(c[3] or '', word)
if generation ~= c[2] then said = nil end
if said and tonumber(said) > number then return 2 end
if said == ARGV[2] then
  if hash ~= ARGV[3] or two == '!' then
    redis.call('HDEL', KEYS[3], field)
    redis.call('HSET', KEYS[3], field, table.concat({said, generation, hash, one, '!'}, ' '))
    return redis.error_reply('DIFFERS commitment ' .. said .. ' is another one for ' .. one)
  end
  -- Also where nothing is new: a WAIT behind it must have a write to wait for.
  local more = one ~= ARGV[4] and two == '' and ' ' .. ARGV[4] or ''
  redis.call('HSET', KEYS[3], field, c[3] .. more)
  if one ~= ARGV[4] or two ~= '' then return 1 end
else
  redis.call('HSET', KEYS[3], field,
    ARGV[2] .. ' ' .. c[2] .. ' ' .. ARGV[3] .. ' ' .. ARGV[4])
end
local last, then_, _, _, another = string.match(c[4] or '', word)
if then_ == c[2] and another ~= '' and tonumber(last) + 1 == number then return 3 end
return 0
`);
