/**
 * Halt mark: why a shard is halted, every reason of it, in the order in which they came.
 *
 *   "reason"   "reason | reason"   "reason | reason | and 2 more"
 *
 * It is one text, and a Clear names it by its hash: whoever signs one has read all of it, and a
 * reason that comes later makes that Clear one of another halt. Said again, a reason changes
 * nothing. One that has no room any more is counted, so that it changes the text too.
 */

/** One reason is cut to this. */
export const HALT_REASON_CHARS_MAX = 1000;
/** Reasons behind it are counted only. */
export const HALT_MARK_BYTES_MAX = 8192;

const BETWEEN = " | ";
const COUNTED = /^(.*) \| and (\d+) more$/s;

/** A reason as a mark can hold it: one line, and no two of them. */
export function haltReason(text: string): string {
  const line = text.replaceAll(/\p{Cc}+/gu, " ").replaceAll("|", "/");
  return line.slice(0, HALT_REASON_CHARS_MAX).toWellFormed().trim();
}

/** The mark with one more reason, which may be there already. */
export function withReason(mark: string | null, reason: string): string {
  if (mark === null) return reason;
  if (`${BETWEEN}${mark}${BETWEEN}`.includes(`${BETWEEN}${reason}${BETWEEN}`)) return mark;
  const [, before, more] = COUNTED.exec(mark) ?? [];
  if (before !== undefined) return `${before}${BETWEEN}and ${Number(more) + 1} more`;
  const longer = `${mark}${BETWEEN}${reason}`;
  const isWhole = Buffer.byteLength(longer) <= HALT_MARK_BYTES_MAX;
  return isWhole ? longer : `${mark}${BETWEEN}and 1 more`;
}

/** What a mark says, one by one. */
export function reasonsOf(mark: string): string[] {
  return mark.split(BETWEEN);
}

/** `withReason` in Lua, for the scripts that halt; a mark that is not there is false. */
export const WITH_REASON = `
local function with_reason(mark, reason)
  if not mark then return reason end
  if string.find(' | ' .. mark .. ' | ', ' | ' .. reason .. ' | ', 1, true) then return mark end
  local before, more = string.match(mark, '^(.*) | and (%d+) more$')
  if before then return before .. string.format(' | and %.0f more', more + 1) end
  local longer = mark .. ' | ' .. reason
  if #longer <= ${HALT_MARK_BYTES_MAX} then return longer end
  return mark .. ' | and 1 more'
end
local function halt(mark, reason)
  local longer = with_reason(mark, reason)
  if longer == mark then return 0 end
  -- First what a server without memory takes: then it lets the script finish.
  redis.call('HDEL', KEYS[3], 'halted')
  redis.call('HSET', KEYS[3], 'halted', longer)
  return 1
end
`;
