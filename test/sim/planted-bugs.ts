/**
 * Planted bugs of the fleet: mistakes that somebody could make between processes, each a text to
 * be replaced in one file. `bun test/sim/planted.ts` plants them one after the other, and random
 * seeds of the simulation must see every one. What the scripts of Redis might get wrong is planted
 * in their models.
 */
import type { PlantedBug } from "../planted/planted-bugs.ts";
import { CARRIER_BUGS } from "./planted-carrier-bugs.ts";
import { EXPORT_BUGS } from "./planted-export-bugs.ts";
import { HALT_BUGS } from "./planted-halt-bugs.ts";
import { LOG_BUGS } from "./planted-log-bugs.ts";
import type { Wishes } from "./setup.ts";

const MODELS = "test/sim/script-models.ts";
const READERS = "src/edges/redis-readers.ts";
const WRITERS = "src/edges/redis-writers.ts";
const EXECUTION = "src/edges/redis-execution-writer.ts";
const LINK = "src/edges/redis-link.ts";
const DOOR = "src/ingress-verifier/shard-door.ts";
const QUEUE = "src/ingress-verifier/append-queue.ts";
const FEED = "src/ingress-verifier/account-feed.ts";

export interface FleetBug extends PlantedBug {
  /** What must be missing as well, where two things hold and either would do. */
  readonly also?: readonly Omit<PlantedBug, "name">[];
  /** Where alone it can show, or shows often enough to be waited for; absent: anywhere. */
  readonly wishes?: Wishes;
}

const UNCHECKED = { file: LINK, find: "await check?.(connection);", put: "" };

export const FLEET_BUGS: readonly FleetBug[] = [
  {
    name: "nobody waits for the replicas",
    wishes: { level: "D3" },
    file: WRITERS,
    find: "if (replicas === 0) return;",
    put: "if (replicas >= 0) return;",
  },
  {
    name: "the number that WAIT answers is ignored",
    wishes: { level: "D3" },
    file: WRITERS,
    find: "if (held < replicas) throw",
    put: "if (held < 0) throw",
  },
  {
    name: "reports leave before they are durable",
    wishes: { level: "D3" },
    file: READERS,
    find: "const free = this.held.filter(({ entry }) => entry.last <= this.known);",
    put: "const free = this.held;",
  },
  {
    name: "a new connection is not compared with what is known",
    wishes: { level: "D3", split: true },
    ...UNCHECKED,
  },
  {
    name: "a connection may lead to a replica",
    wishes: { level: "D3" },
    file: "src/edges/redis-primary.ts",
    find: "if (!/^role:master/m.test(info)) throw",
    put: 'if (info === "") throw',
  },
  {
    name: "full is said though a try before it may have happened",
    file: LINK,
    find: "isUnknown ||= error instanceof RedisGone;",
    put: "",
  },
  {
    name: "what another record says is told to who brought ours",
    wishes: { level: "D3", split: true },
    file: DOOR,
    find: "      this.placed.refuseOthers(execution);\n",
    put: "",
  },
  {
    name: "reports are shown before it is known whose they are",
    file: DOOR,
    find: "      await this.queue.knows(execution.last);\n",
    put: "",
  },
  {
    name: "reports of a lost record's origin are not told unknown",
    wishes: { level: "D3" },
    file: DOOR,
    find: "for (const origin of gone) origin.onLost();",
    put: "",
  },
  {
    name: "a pack's frames are all placed at its first position",
    file: QUEUE,
    find: "this.onPlaced(appended.first + index, frame, origin)",
    put: "this.onPlaced(appended.first, frame, origin)",
  },
  {
    name: "frames that wait are dropped in a loss, and nobody is told",
    wishes: { level: "D3" },
    file: QUEUE,
    find: "for (const { origin } of gone) origin?.onLost();",
    put: "",
  },
  {
    name: "a feed goes live without catching up",
    file: FEED,
    find: "    else this.fallBehind();\n  }\n\n  /** The report is in the ring",
    put: "    else this.goLive();\n  }\n\n  /** The report is in the ring",
  },
  {
    name: "a socket that takes a part has taken all",
    file: "src/edges/tcp-server.ts",
    find: "      this.from += wrote;",
    put: "      this.from = this.to;",
  },
  {
    name: "what was published and then lost is not published again",
    wishes: { level: "D3" },
    file: EXECUTION,
    find: "if (this.options.replicas === 0) return;",
    put: "if (this.options.replicas >= 0) return;",
  },
  {
    name: "a pack number that comes again is appended again",
    file: MODELS,
    find:
      "  if (heldPack === pack) return [Number(heldFirst), Number(heldLast), Number(heldTime)];\n" +
      "  if (Number(tip) < Number(known) || Number(heldPack) + 1 !== Number(pack)) {",
    put: "  if (Number(tip) < Number(known)) {",
  },
  {
    name: "no tip is compared before in grows, nor on a new connection",
    wishes: { level: "D3" },
    file: MODELS,
    find: "if (Number(tip) < Number(known) || Number(heldPack) + 1 !== Number(pack)) {",
    put: "if (Number(tip) < 0) {",
    also: [UNCHECKED],
  },
  {
    name: "no epoch is compared before ex grows",
    wishes: { level: "D3", split: true },
    file: MODELS,
    find:
      "if (Number(itsEpoch) > Number(epoch)) " +
      "throw new Refusal(`FENCED this is epoch ${itsEpoch}`);\n" +
      '  if (itsEpoch !== epoch) throw new Refusal("SUFFIX the epoch is gone");\n' +
      "  if (tip === after) {",
    put: "if (tip === after) {",
  },
  {
    name: "ex grows without asking which in was read, nor on a new connection",
    wishes: { level: "D3", split: true },
    file: MODELS,
    find: 'if (read !== "0" && time !== readTime) {',
    put: 'if (read === "" && time !== readTime) {',
    also: [UNCHECKED],
  },
  {
    name: "ex grows, whatever in there is",
    wishes: { level: "D3", split: true },
    file: MODELS,
    find:
      "if (Number(inputTip) < Number(after)) " +
      "throw new Refusal(`SUFFIX in ends at ${inputTip}`);",
    put: "",
    also: [
      {
        file: MODELS,
        find: 'if (read !== "0" && time !== readTime) {',
        put: 'if (read === "" && time !== readTime) {',
      },
    ],
  },
  {
    name: "log time goes back with the clock",
    file: MODELS,
    find: "const now = Math.max(host, Number(logTime));",
    put: "const now = host;",
  },
  {
    name: "a slot taken in the future is held until then",
    file: MODELS,
    find: "Math.abs(now - Number(since)) < Number(textOf(args[3]!))",
    put: "now - Number(since) < Number(textOf(args[3]!))",
  },
  {
    name: "a slot is taken from one that lives",
    file: MODELS,
    find: "if (lives && other !== owner && other !== textOf(args[4]!)) {",
    put: "if (lives && owner === other) {",
  },
  {
    name: "a slot's term comes again behind a failover",
    wishes: { level: "D3", split: true },
    file: MODELS,
    find: 'held === "" ? now : Math.max(now, Number(held!.split(":")[0]) + 1)',
    put: 'held === "" ? 1 : Number(held!.split(":")[0]) + 1',
  },
  {
    name: "a turn is held by its number alone",
    wishes: { level: "D3", split: true },
    file: "test/sim/turn-models.ts",
    find: "  if (other !== owner) return 0;\n",
    put: "",
  },
  {
    name: "a snapshot is read without its nonce windows",
    file: "src/engine/snapshot-accounts.ts",
    find: "keys.window[key * words + w] = view.getUint32(at + 80 + 4 * w, true);",
    put: "keys.window[key * words + w] = 0;",
  },
  {
    name: "settlement believes the matcher",
    file: "src/settlement-plane/settle-loop.ts",
    find: "engine.apply(view, this.record, this.reports);",
    put: "if (engine.position % 37 !== 36) engine.apply(view, this.record, this.reports);",
  },
  {
    name: "commitments are not synced",
    file: "src/settlement-plane/commitment-file.ts",
    find: "    this.file.sync();\n",
    put: "",
  },
  {
    name: "the client waits for one report more than there is",
    file: "src/client/account-session.ts",
    find: "number >= this.liveAt",
    put: "number > this.liveAt",
  },
  {
    name: "the client does not send again what had no outcome",
    file: "src/client/account-session.ts",
    find: "this.queue.open(this.pending.unseen());",
    put: "this.queue.open([]);",
  },
  {
    name: "ingress lets bad signatures in",
    file: "src/ingress-verifier/admit.ts",
    find: "return isGood ? codes.ACCEPTED : codes.REJECT_SIGNATURE;",
    put: "return isGood ? codes.ACCEPTED : codes.ACCEPTED;",
  },
  {
    name: "what is held is believed when another matcher rings",
    wishes: { level: "D3", split: true },
    file: READERS,
    find: "if (this.held.some(({ epoch }) => epoch !== bell.epoch)) this.held = [];",
    put: "",
  },
  ...CARRIER_BUGS,
  ...LOG_BUGS,
  ...HALT_BUGS,
  ...EXPORT_BUGS,
];
