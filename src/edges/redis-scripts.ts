/**
 * Redis scripts: the only writers of a shard's keys. Each checks everything, then changes
 * something, because Redis does not roll back.
 *
 *   in:{s}   stream, id 0-<position of the last record>, fields d frames, t log time, s stamp,
 *            b log time of the entry before: so a reader sees when it is in another log
 *   ex:{s}   stream, id 0-<last position covered>, field d execution record
 *   dur:{s}  stream of one entry, id 0-<durable position>, field e epoch of the matcher that says
 *            so: a bell that readers can block on
 *   ctl:{s}  hash: venue, genesis (the record), stamp ("rules_version:directory_origin"),
 *            rules (upgrades, see log-rules.ts), next ("position stamp" of the one to come),
 *            generation, in_tip, log_time, halted (halt-mark.ts; absent while it is not),
 *            ends (log-ends.ts; absent while there is none),
 *            epoch, ex_tip, durable, slot:<name> ("term:pack:first:last:log_time" of a writer),
 *            live:<name> ("time owner" of the writer that holds the slot),
 *            lead:epoch ("time owner" of the matcher whose turn epoch is), term and lead:term (the
 *            same of the settlement that publishes), said:<n> (what settlements have computed)
 *
 * KEYS are always in, ex, ctl, dur. A refusal begins with FENCED (somebody else writes), HALTED,
 * CLOCK, INUSE (somebody lives there), GENERATION (look at the log again), SUFFIX (the newest is
 * gone) or LOST (all of it is). Numbers stay below 2^53, which Lua's doubles hold; %.0f prints
 * them whole.
 */
import { WITH_REASON } from "./halt-mark.ts";
import { WITH_END } from "./log-ends.ts";
import { Script } from "./redis-connection.ts";
import { SAME_LOG } from "./redis-same-log.ts";

/** ARGV: venue, genesis record, stamp, log time, frames. Makes the three keys, or none. */
export const CREATE = new Script(`
if redis.call('EXISTS', KEYS[1], KEYS[2], KEYS[3], KEYS[4]) > 0 then
  if redis.call('HGET', KEYS[3], 'genesis') == ARGV[2] then return 0 end
  return redis.error_reply('EXISTS there is a log already')
end
redis.call('XADD', KEYS[1], '0-1', 'd', ARGV[5], 't', ARGV[4], 's', ARGV[3], 'b', '0')
redis.call('XGROUP', 'CREATE', KEYS[2], 'none', '0', 'MKSTREAM')
redis.call('XGROUP', 'DESTROY', KEYS[2], 'none')
redis.call('HSET', KEYS[3], 'venue', ARGV[1], 'genesis', ARGV[2], 'stamp', ARGV[3],
  'generation', '1', 'in_tip', '1', 'log_time', ARGV[4],
  'epoch', '0', 'ex_tip', '0', 'durable', '0')
return 1
`);

/**
 * ARGV: venue, slot, owner, lease in microseconds, owner known to be dead ("" for none). Begins a
 * new term of that slot; returns generation, term, tip. A slot whose owner lives is refused; one
 * that was held in what is now the future is not, for the clock was set back since. A term is the
 * time at which it began, so that no two have the same one even if a failover has lost the first.
 */
export const TAKE_SLOT = new Script(`${SAME_LOG}
local slot, live = 'slot:' .. ARGV[2], 'live:' .. ARGV[2]
local c = redis.call('HMGET', KEYS[3], 'venue', 'generation', 'in_tip', slot, live)
local wrong = other(c[1])
if wrong then return redis.error_reply(wrong) end
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
if c[5] then
  local since, owner = string.match(c[5], '^(%d+) (.*)$')
  local lives = math.abs(now - tonumber(since)) < tonumber(ARGV[4])
  if lives and owner ~= ARGV[3] and owner ~= ARGV[5] then
    return redis.error_reply('INUSE ' .. owner)
  end
end
local term = now
if c[4] then term = math.max(now, tonumber(string.match(c[4], '^(%d+):')) + 1) end
redis.call('HSET', KEYS[3], slot, string.format('%.0f:0:0:0:0', term),
  live, string.format('%.0f ', now) .. ARGV[3])
return {tonumber(c[2]), term, tonumber(c[3])}
`);

/** ARGV: venue, slot, term, owner ("" to leave it). Says that the slot's writer lives. */
export const HOLD_SLOT = new Script(`${SAME_LOG}
local c = redis.call('HMGET', KEYS[3], 'venue', 'slot:' .. ARGV[2])
local wrong = other(c[1])
if wrong then return redis.error_reply(wrong) end
if not c[2] or string.match(c[2], '^(%d+):') ~= ARGV[3] then return 0 end
if ARGV[4] == '' then return redis.call('HDEL', KEYS[3], 'live:' .. ARGV[2]) end
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
redis.call('HSET', KEYS[3], 'live:' .. ARGV[2], string.format('%.0f ', now) .. ARGV[4])
return 1
`);

/**
 * ARGV: venue, generation, slot, term, pack number, count, caller's time, difference allowed,
 * highest position known, frames; for a halted shard also its mark, the position that the frame
 * names, and "cure" if that may be any record that is there instead of the newest alone. Returns
 * first, last, log time; for a repeated pack number what it returned; zeros where mark or position
 * are others. The halt stays as it is: see APPEND_EX.
 */
export const APPEND_IN = new Script(`${SAME_LOG}
local slot = 'slot:' .. ARGV[3]
local c = redis.call('HMGET', KEYS[3], 'venue', 'generation', 'halted', slot, 'in_tip', 'log_time',
  'stamp', 'next')
local wrong = other(c[1])
if wrong then return redis.error_reply(wrong) end
if c[2] ~= ARGV[2] then return redis.error_reply('GENERATION this is ' .. c[2]) end
if not c[4] then return redis.error_reply('SUFFIX the writer slot is gone') end
local term, pack, first, last, time = string.match(c[4], '^(%d+):(%d+):(%d+):(%d+):(%d+)$')
if tonumber(term) > tonumber(ARGV[4]) then
  return redis.error_reply('FENCED another writer has taken slot ' .. ARGV[3])
end
if term ~= ARGV[4] then return redis.error_reply('SUFFIX the term of the slot is gone') end
if pack == ARGV[5] then return {tonumber(first), tonumber(last), tonumber(time)} end
local tip = tonumber(c[5])
if tip < tonumber(ARGV[9]) or tonumber(pack) + 1 ~= tonumber(ARGV[5]) then
  return redis.error_reply('SUFFIX in ends at ' .. c[5] .. ' after pack ' .. pack)
end
if ARGV[11] then
  local is_there = c[5] == ARGV[12] or ARGV[13] == 'cure' and tip >= tonumber(ARGV[12])
  if c[3] ~= ARGV[11] or not is_there or ARGV[6] ~= '1' then return {0, 0, 0} end
elseif c[3] then
  return redis.error_reply('HALTED the shard is halted: ' .. c[3])
end
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000000 + tonumber(t[2])
if math.abs(now - tonumber(ARGV[7])) > tonumber(ARGV[8]) then
  return redis.error_reply('CLOCK the clocks of Redis and of the writer differ too much')
end
now = math.max(now, tonumber(c[6]))
first = string.format('%.0f', tip + 1)
last = string.format('%.0f', tip + tonumber(ARGV[6]))
time = string.format('%.0f', now)
local stamp, from, later = c[7], string.match(c[8] or '', '^(%d+) (.*)$')
local begins = from and tip + 1 >= tonumber(from)
if begins then stamp = later
elseif from and tonumber(last) >= tonumber(from) then stamp = stamp .. ',' .. c[8] end
if not redis.call('XADD', KEYS[1], 'NOMKSTREAM', '0-' .. last, 'd', ARGV[10], 't', time,
    's', stamp, 'b', c[6]) then
  return redis.error_reply('LOST the stream of in is gone')
end
if begins then
  redis.call('HSET', KEYS[3], 'stamp', later)
  redis.call('HDEL', KEYS[3], 'next')
end
redis.call('HSET', KEYS[3], 'in_tip', last, 'log_time', time, slot,
  term .. ':' .. ARGV[5] .. ':' .. first .. ':' .. last .. ':' .. time)
return {tonumber(first), tonumber(last), now}
`);

/**
 * ARGV: venue, epoch, tip before, tip after, record, durable position after it, newest entry of in
 * that was read (0 for none) and its log time: it may have been read from another server; at last
 * the reason of the halt that it lifts, if it does. The same again is answered with yes, and
 * written down once more: a WAIT behind it must have a write to wait for.
 */
export const APPEND_EX = new Script(`${SAME_LOG}${WITH_END}
local c = redis.call('HMGET', KEYS[3], 'venue', 'epoch', 'ex_tip', 'in_tip', 'log_time',
  'halted', 'ends')
local wrong = other(c[1])
if wrong then return redis.error_reply(wrong) end
if tonumber(c[2]) > tonumber(ARGV[2]) then
  return redis.error_reply('FENCED this is epoch ' .. c[2])
end
if c[2] ~= ARGV[2] then return redis.error_reply('SUFFIX the epoch is gone') end
if c[3] == ARGV[4] then
  redis.call('HSET', KEYS[3], 'ex_tip', ARGV[4])
  return 0
end
if c[3] ~= ARGV[3] then return redis.error_reply('SUFFIX ex ends at ' .. c[3]) end
if tonumber(c[4]) < tonumber(ARGV[4]) then
  return redis.error_reply('SUFFIX in ends at ' .. c[4])
end
local time = c[5]
if c[4] ~= ARGV[7] then
  local read = redis.call('XRANGE', KEYS[1], '0-' .. ARGV[7], '0-' .. ARGV[7])[1]
  time = read and read[2][4]
end
if ARGV[7] ~= '0' and time ~= ARGV[8] then
  return redis.error_reply('SUFFIX entry 0-' .. ARGV[7] .. ' of in is not the one that was read')
end
if not redis.call('XADD', KEYS[2], 'NOMKSTREAM', '0-' .. ARGV[4], 'd', ARGV[5]) then
  return redis.error_reply('LOST the stream of ex is gone')
end
redis.call('HSET', KEYS[3], 'ex_tip', ARGV[4], 'durable', ARGV[6])
if ARGV[9] and c[6] == ARGV[9] then
  redis.call('HDEL', KEYS[3], 'halted')
  local generation = redis.call('HINCRBY', KEYS[3], 'generation', 1)
  local last = string.format('%.0f', c[4] - 1)
  redis.call('HSET', KEYS[3], 'ends', with_end(c[7], last, string.format('%.0f', generation)))
end
return 1
`);

/** ARGV: venue, epoch, durable position. Rings the bell; never goes back. */
export const PUBLISH = new Script(`${SAME_LOG}
local c = redis.call('HMGET', KEYS[3], 'venue', 'epoch', 'ex_tip', 'durable')
local wrong = other(c[1])
if wrong then return redis.error_reply(wrong) end
if tonumber(c[2]) > tonumber(ARGV[2]) then
  return redis.error_reply('FENCED this is epoch ' .. c[2])
end
if tonumber(c[3]) < tonumber(ARGV[3]) then
  return redis.error_reply('SUFFIX ex ends at ' .. c[3])
end
if tonumber(c[4]) >= tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[3], 'durable', ARGV[3])
redis.call('XADD', KEYS[4], 'MAXLEN', '1', '0-' .. ARGV[3], 'e', ARGV[2])
return 1
`);

/**
 * ARGV: venue, generation that the caller saw the loss in, position that must be there. Raises the
 * generation, once for all who noticed, or halts the shard because too much is gone. Who knew the
 * log before it was restored is told so, and ends: another turn as writer would not help it.
 */
export const RAISE = new Script(`${SAME_LOG}${WITH_REASON}
local c = redis.call('HMGET', KEYS[3], 'venue', 'generation', 'in_tip', 'halted', 'restored')
local wrong = other(c[1])
if wrong then return redis.error_reply(wrong) end
if tonumber(c[3]) < tonumber(ARGV[3]) then
  local restored = c[5] and string.match(c[5], ' (%d+)$')
  if restored and tonumber(ARGV[2]) < tonumber(restored) then
    return redis.error_reply('LOST the log was restored from its export, and ends at ' .. c[3])
  end
  local reason = 'in ends at ' .. c[3] .. ', and reports up to ' .. ARGV[3] ..
    ' have left: more was lost than log.durability allows; restore from the export'
  halt(c[4], reason)
  return redis.error_reply('HALTED ' .. reason)
end
if tonumber(c[2]) > tonumber(ARGV[2]) then return tonumber(c[2]) end
local generation = tonumber(ARGV[2]) + 1
redis.call('HSET', KEYS[3], 'generation', string.format('%.0f', generation))
return generation
`);

/** ARGV: venue, reason, which comes behind those that are there. 0 if it was there already. */
export const HALT = new Script(`${SAME_LOG}${WITH_REASON}
local c = redis.call('HMGET', KEYS[3], 'venue', 'halted')
local wrong = other(c[1])
if wrong then return redis.error_reply(wrong) end
return halt(c[2], ARGV[2])
`);

/**
 * ARGV: venue, epoch, version, position. Keeps an upgrade as withUpgrade does, and stamps from
 * there on; what it knows of the version stays, for a cure may begin earlier than was to be.
 */
export const GOVERN = new Script(`${SAME_LOG}
local c = redis.call('HMGET', KEYS[3], 'venue', 'epoch', 'rules', 'stamp')
local wrong = other(c[1])
if wrong then return redis.error_reply(wrong) end
if tonumber(c[2]) > tonumber(ARGV[2]) then
  return redis.error_reply('FENCED this is epoch ' .. c[2])
end
local rules = c[3] or ''
if string.find(',' .. rules, ',' .. ARGV[3] .. '@', 1, true) then return 0 end
rules = string.gsub(rules, ',?%d+@' .. ARGV[4] .. '$', '')
if rules ~= '' then rules = rules .. ',' end
rules = rules .. ARGV[3] .. '@' .. ARGV[4]
redis.call('HSET', KEYS[3], 'rules', rules,
  'next', ARGV[4] .. ' ' .. ARGV[3] .. string.match(c[4], ':%d+$'))
return 1
`);
