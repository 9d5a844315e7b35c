/** Planted bugs of shards that an operator halts by hand; see planted-bugs.ts. */
import type { FleetBug } from "./planted-bugs.ts";

const MODELS = "test/sim/script-models.ts";

export const HALT_BUGS: readonly FleetBug[] = [
  {
    name: "frames enter a fenced log",
    wishes: { fence: true },
    file: MODELS,
    find: '} else if (halted !== "") {',
    put: '} else if (halted === "never") {',
  },
  {
    name: "a Clear of an older halt is taken",
    wishes: { fence: true },
    file: "src/market-matcher/halt-watch.ts",
    find: "return mark !== null && isClearOf(clear, mark) ? mark : undefined;",
    put: "return mark ?? undefined;",
  },
  {
    name: "a settlement that stands by does not learn that the halt is lifted",
    wishes: { fence: true },
    file: "src/settlement-plane/recompute.ts",
    find: "      if (mark === null) return;\n",
    put: "",
  },
  {
    name: "a matcher that stands by does not look for a Clear",
    wishes: { fence: true },
    file: "src/market-matcher/halt-watch.ts",
    find: "      if (tip > seen) {",
    put: "      if (tip < 0) {",
  },
  {
    name: "ingress that stands by takes no Clear",
    wishes: { fence: true },
    file: "src/ingress-verifier/halt-gate.ts",
    find: "if (clear !== null) return this.checkScope(frame, codes.SCOPE_HALT);",
    put: "if (clear !== null && clear.position > 0) return codes.REJECT_HALTED;",
  },
  {
    name: "what a halted shard's log has lost since stays executed",
    wishes: { level: "D3", fence: true },
    file: "src/settlement-plane/recompute.ts",
    find: "if (tip < position) throw",
    put: "if (tip < 0) throw",
  },
];
