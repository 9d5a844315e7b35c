/** Planted bugs of what goes from shard to shard; see planted-bugs.ts. */
import type { FleetBug } from "./planted-bugs.ts";

const CARRIER = "src/settlement-plane/carrier.ts";

export const CARRIER_BUGS: readonly FleetBug[] = [
  {
    name: "the carrier, and all who read ex, are two positions ahead of what is durable",
    wishes: { level: "D3", shards: 2 },
    file: "src/edges/redis-readers.ts",
    find: "const free = this.held.filter(({ entry }) => entry.last <= this.known);",
    put: "const free = this.held.filter(({ entry }) => entry.last <= this.known + 2);",
  },
  {
    name: "what was owed before a start is not carried",
    wishes: { shards: 2 },
    file: CARRIER,
    find: "if (outbox.runOf(name).lacks) await outbox.refill(name);",
    put: "",
  },
  {
    name: "a run that was not seen applied in time rests for ever",
    wishes: { shards: 2 },
    file: "src/settlement-plane/carry-lane.ts",
    find: "      this.isResting = false;\n",
    put: "",
  },
  {
    name: "the carrier begins with the first entry each time",
    wishes: { shards: 2 },
    file: CARRIER,
    find: "for (let number = applied + 1;",
    put: "for (let number = 1;",
  },
  {
    name: "a credit that comes again is taken again",
    wishes: { shards: 2 },
    file: "src/engine/carry.ts",
    find: "if (number !== expected) return",
    put: "if (number > expected) return",
  },
  {
    name: "a transfer is sent and kept",
    wishes: { shards: 2 },
    file: "src/engine/transfers.ts",
    find: "    balances.debit(balance, amount);\n",
    put: "",
  },
];
