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

/** The fields with one more upgrade, or null if it is there already. */
export function withUpgrade(
  { rules, stamp }: { readonly rules: string; readonly stamp: string },
  version: string,
  from: string,
): { readonly rules: string; readonly next: string } | null {
  const upgrade = `${version}@${from}`;
  if (rules.split(",").includes(upgrade)) return null;
  const all = rules === "" ? upgrade : `${rules},${upgrade}`;
  return { rules: all, next: `${from} ${version}:${stamp.split(":")[1]}` };
}
