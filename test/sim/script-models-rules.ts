/**
 * ScriptModels of rules versions: which stamp a pack gets, and how an upgrade is kept.
 */

/** Of a pack at these positions, `next` being "position stamp" of the one to come, "" for none. */
export function stampOf(
  { stamp, next }: { readonly stamp: string; readonly next: string },
  first: number,
  last: number,
): { readonly said: string; readonly begun: string | null } {
  const [, from = "", later = ""] = /^(\d+) (.*)$/.exec(next) ?? [];
  if (from === "" || last < Number(from)) return { said: stamp, begun: null };
  if (first < Number(from)) return { said: `${stamp},${next}`, begun: null };
  return { said: later, begun: later };
}

/** The fields with one more upgrade, or null if its version is there already. */
export function withUpgrade(
  { rules, stamp }: { readonly rules: string; readonly stamp: string },
  version: string,
  from: string,
): { readonly rules: string; readonly next: string } | null {
  if (rules.split(",").some((one) => one.startsWith(`${version}@`))) return null;
  // In the script's own way: the newest alone may begin at the very position.
  const kept = rules.split(",").filter((one, i, all) => {
    return one !== "" && (i < all.length - 1 || one.split("@")[1] !== from);
  });
  const all = [...kept, `${version}@${from}`].join(",");
  return { rules: all, next: `${from} ${version}:${stamp.split(":")[1]}` };
}
