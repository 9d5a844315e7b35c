/**
 * Planted bugs about other shards: what is owed, what is brought, what is known. planted-bugs.ts.
 */
import type { PlantedBug } from "./planted-bugs.ts";

export const BUGS_OF_SHARDS: readonly PlantedBug[] = [
  {
    name: "the number of what is carried is not checked",
    file: "src/engine/carry.ts",
    find: "if (number !== expected) return",
    put: "if (number < 0) return",
  },
  {
    name: "what was carried before is taken again",
    file: "src/engine/carry.ts",
    find: "if (number !== expected) return",
    put: "if (number > expected) return",
  },
  {
    name: "a credit that was applied is not counted, and can come twice",
    file: "src/engine/carry.ts",
    find: "links.in[source] = links.in[source]! + 1;",
    put: "",
  },
  {
    name: "credits of all shards are counted together",
    file: "src/engine/carry.ts",
    find: "links.in[source] = links.in[source]! + 1;",
    put: "for (const shard of links.known) links.in[shard] = links.in[shard]! + 1;",
  },
  {
    name: "funds that leave are not in the net",
    file: "src/engine/transfers.ts",
    find: "assets.add(slot, NET, -amount);",
    put: "",
  },
  {
    name: "funds that come are not in the net",
    file: "src/engine/carry.ts",
    find: "assets.add(slot, NET, amount);",
    put: "",
  },
  {
    name: "a credit that is early is taken",
    file: "src/engine/carry.ts",
    find: "if (!leadsDirectory && directory > state.directory) {",
    put: "if (!leadsDirectory && directory > state.directory + 1) {",
  },
  {
    name: "more comes back than went out",
    file: "src/engine/carry.ts",
    find: "if (amount > most) return",
    put: "if (amount > codes.AMOUNT_MAX - assets.total(slot, NET)) return",
  },
  {
    name: "any known shard may say who is in the directory",
    file: "src/engine/carry.ts",
    find: "|| (!isCredit && source !== state.directoryOrigin)",
    put: "",
  },
  {
    name: "a key that is brought may be another account's to revoke",
    file: "src/engine/carry.ts",
    find: "keys.has(key) && keys.account[key] === account &&",
    put: "keys.has(key) &&",
  },
  {
    name: "a suspended account sends its funds away",
    file: "src/engine/transfers.ts",
    find: "if (accounts.suspended[signer.account] !== 0) {",
    put: "if (accounts.suspended[signer.account] === 2) {",
  },
  {
    name: "a credit that is owed does not say what must come before it",
    file: "src/engine/transfers.ts",
    find: "out.numbers(owed, amount, this.state.directory);",
    put: "out.numbers(owed, amount, 0);",
  },
  {
    name: "a restored engine counts what it owes from the beginning",
    file: "src/engine/snapshot-read.ts",
    find: "links.out[shard] = out;",
    put: "links.out[shard] = 0 * out;",
  },
];
