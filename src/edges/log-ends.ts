/**
 * Log ends: where a shard's log has ended once and gone on otherwise: it was restored from its
 * export, or a Clear lifted a halt behind which some of it was lost.
 *
 *   "50 4,700 1764500000"   from generation 4 on positions above 50 are others than before it, from
 *                           generation 1764500000 on those above 700
 *
 * State of such a position that was kept before is of a history that is no more. Whoever keeps
 * state says with it which end was the newest when it was made: its era.
 */
import { LogFault, type Restored } from "./log.ts";

/** Beyond, the two oldest become one, which says of more than they did that it is void. */
export const LOG_ENDS_MAX = 64;

/** Throws LogFault for anything else. */
export function readEnds(text: string): Restored[] {
  if (text === "") return [];
  return text.split(",").map((one) => {
    const [, position, generation] = /^(\d{1,16}) (\d{1,16})$/.exec(one) ?? [];
    if (position === undefined) throw new LogFault(`the log keeps "${text}" where its ends belong`);
    return { position: Number(position), generation: Number(generation) };
  });
}

export function endsText(ends: readonly Restored[]): string {
  return ends.map(({ position, generation }) => `${position} ${generation}`).join(",");
}

export function withEnd(ends: readonly Restored[], end: Restored): Restored[] {
  const [first, second, ...rest] = [...ends, end];
  if (first === undefined || second === undefined) return [end];
  if (rest.length + 2 <= LOG_ENDS_MAX) return [first, second, ...rest];
  return [{ ...second, position: Math.min(first.position, second.position) }, ...rest];
}

/** Of what is kept from now on. */
export function eraOf(ends: readonly Restored[]): number {
  return Math.max(0, ...ends.map(({ generation }) => generation));
}

/** Whether state of this position and era is of a history that is no more. */
export function isVoid(
  ends: readonly Restored[],
  state: { readonly position: number; readonly era: number },
): boolean {
  const isBehind = (end: Restored) => state.era < end.generation && state.position > end.position;
  return ends.some(isBehind);
}

/** `withEnd` in Lua, as texts; ends that are not there are false. */
export const WITH_END = `
local function with_end(ends, position, generation)
  local list = {}
  for p, g in string.gmatch(ends or '', '(%d+) (%d+)') do list[#list + 1] = {p, g} end
  list[#list + 1] = {position, generation}
  if #list > ${LOG_ENDS_MAX} then
    local first = table.remove(list, 1)
    if tonumber(first[1]) < tonumber(list[1][1]) then list[1][1] = first[1] end
  end
  for i, one in ipairs(list) do list[i] = one[1] .. ' ' .. one[2] end
  return table.concat(list, ',')
end
`;
