/**
 * RedisDraws: random calls of our scripts and of the commands behind them, mostly such that they
 * do something, many that must be refused.
 */
import type { Prng } from "../../src/base/prng.ts";
import type { Script } from "../../src/edges/redis-connection.ts";
import * as retention from "../../src/edges/redis-retention-scripts.ts";
import * as scripts from "../../src/edges/redis-scripts.ts";
import * as turns from "../../src/edges/redis-turn-scripts.ts";

export const KEYS = ["in:{1}", "ex:{1}", "ctl:{1}", "dur:{1}"] as const;
const VENUE = "aa".repeat(32);
const HOUR_US = 3_600_000_000;
const LEASE_US = 3_000_000;
const OWNERS = ["a:1:1", "b:2:2"];
const KINDS = ["epoch", "epoch", "term"];

export type Draw =
  | { readonly script: Script; readonly args: readonly (string | Uint8Array)[] }
  | { readonly script: null; readonly args: readonly (string | Uint8Array)[] };

/** What the drawer knows of the log, from the replies. */
export interface Known {
  readonly generation: string;
  readonly tip: number;
  readonly executed: number;
  readonly epoch: number;
  /** Why it is halted; "" while it is not. */
  readonly halted: string;
  readonly terms: ReadonlyMap<string, { term: number; pack: number }>;
}

const SCRIPTS: readonly (readonly [Script, number])[] = [
  [scripts.CREATE, 2],
  [scripts.TAKE_SLOT, 4],
  [scripts.HOLD_SLOT, 6],
  [scripts.APPEND_IN, 40],
  [turns.TAKE_TURN, 6],
  [turns.HOLD_TURN, 6],
  [turns.LOOK_TURN, 3],
  [turns.SAY_COMMITMENT, 12],
  [scripts.APPEND_EX, 25],
  [scripts.PUBLISH, 12],
  [scripts.RAISE, 2],
  [scripts.HALT, 5],
  [scripts.GOVERN, 3],
  [retention.RESTORE, 1],
  [retention.CONSUME, 5],
  [retention.COVER, 10],
  [retention.TRIM, 6],
];

const UPGRADES = [
  ["2", "5"],
  ["2", "4"],
  ["3", "5"],
  ["4", "5"],
  ["5", "300"],
] as const;

export function drawCall(prng: Prng, known: Known): Draw {
  if (prng.chance(15)) return { script: null, args: plain(prng, known) };
  const total = SCRIPTS.reduce((sum, [, weight]) => sum + weight, 0);
  let left = prng.below(total);
  const found = SCRIPTS.find(([, weight]) => (left -= weight) < 0);
  const script = found?.[0] ?? scripts.APPEND_IN;
  const venue = prng.chance(2) ? "bb".repeat(32) : VENUE;
  return { script, args: [venue, ...argumentsOf(script, prng, known)] };
}

/** Mostly the right number, else one near it. */
function near(prng: Prng, right: number): string {
  return String(Math.max(0, prng.chance(85) ? right : right + prng.between(-2, 2)));
}

function argumentsOf(script: Script, prng: Prng, known: Known): (string | Uint8Array)[] {
  const slot = prng.pick(["1", "2"]);
  const { term = 0, pack = 0 } = known.terms.get(slot) ?? {};
  const blob = prng.bytes(prng.between(0, 60));
  switch (script) {
    case scripts.CREATE:
      return [prng.pick(["genesis", "other"]), "1:1", String(HOUR_US), blob];
    case scripts.TAKE_SLOT: {
      const owner = prng.pick(OWNERS);
      return [slot, owner, prng.pick(["0", String(LEASE_US * 1000)]), prng.pick(["", "a:1:1"])];
    }
    case scripts.HOLD_SLOT:
      return [slot, near(prng, term), prng.pick(["", "a:1:1", "a:1:1"])];
    case scripts.APPEND_IN: {
      const now = prng.chance(3) ? 0 : Date.now() * 1000;
      const count = String(prng.between(1, 4));
      const next = near(prng, pack + (prng.chance(80) ? 1 : 0));
      const place = [known.generation, slot, near(prng, term), next, count];
      const whole = [...place, String(now), String(HOUR_US), near(prng, known.tip), blob];
      const isForHalted = prng.chance(known.halted === "" ? 5 : 80);
      return isForHalted ? packForHalted(prng, known, whole) : whole;
    }
    case turns.TAKE_TURN: {
      const lease = prng.pick(["0", String(LEASE_US * 1000)]);
      return [prng.pick(KINDS), prng.pick(OWNERS), lease, prng.pick(["", "a:1:1"])];
    }
    case turns.HOLD_TURN:
      return [prng.pick(KINDS), near(prng, known.epoch), prng.pick(OWNERS), prng.pick(["", "1"])];
    case turns.LOOK_TURN:
      return [prng.pick(KINDS), prng.pick(["0", String(LEASE_US * 1000)])];
    case turns.SAY_COMMITMENT: {
      const number = prng.pick([0, 1, 2, 63, 64, 65, 66]);
      return [String(number), prng.chance(85) ? `a${number}` : "bb", prng.pick(["one", "two"])];
    }
    case scripts.APPEND_EX: {
      const to = near(prng, Math.min(known.tip, known.executed + prng.between(1, 3)));
      const read = prng.pick([
        ["0", "0"],
        ["1", String(HOUR_US)],
        [near(prng, known.tip), "7"],
      ]);
      const lifts = prng.chance(known.halted === "" ? 5 : 50) ? [reason(prng, known)] : [];
      const spans = [near(prng, known.epoch), near(prng, known.executed), to];
      return [...spans, blob, to, ...read, ...lifts];
    }
    case scripts.PUBLISH:
      return [near(prng, known.epoch), near(prng, known.executed)];
    case retention.RESTORE: {
      const end = ["9", String(HOUR_US), String(HOUR_US - 1)];
      return ["genesis", "1:1", "1900000000", ...end, blob, blob, "", "", "9 1900000000"];
    }
    case retention.CONSUME: {
      const behind = near(prng, Math.max(0, known.executed - prng.between(0, 4)));
      return [prng.pick(["matcher", "ingress-1"]), behind, prng.pick(["0", String(HOUR_US)])];
    }
    case retention.COVER:
      return [prng.pick(["archived", "checkpointed"]), near(prng, known.executed)];
    case retention.TRIM:
      return [near(prng, known.executed), prng.pick(["2", "65536"])];
    case scripts.RAISE:
      return [known.generation, near(prng, Math.max(0, known.tip - 1))];
    case scripts.GOVERN:
      // Few, so that the field stays short: long ones change the order in which HGETALL answers.
      return [near(prng, known.epoch), ...prng.pick(UPGRADES)];
    default:
      return ["a reason"];
  }
}

/** The halt's reason, mostly. */
function reason(prng: Prng, { halted }: Known): string {
  return prng.chance(85) && halted !== "" ? halted : prng.pick(["a reason", "", "b reason"]);
}

/** As those of a Clear or of a cure: mostly a pack of one, with the halt's position or one before. */
function packForHalted(
  prng: Prng,
  known: Known,
  pack: readonly (string | Uint8Array)[],
): (string | Uint8Array)[] {
  const count = prng.chance(90) ? "1" : "2";
  const halted = [...pack.toSpliced(4, 1, count), reason(prng, known)];
  if (prng.chance(50)) return [...halted, near(prng, known.tip)];
  const named = prng.chance(80) ? prng.between(1, known.tip + 2) : known.tip;
  return [...halted, String(named), prng.pick(["cure", "cure", "cure", ""])];
}

/** The commands that readers and askers use, and a few that write past the scripts. */
function plain(prng: Prng, known: Known): (string | Uint8Array)[] {
  const key = prng.pick(KEYS);
  const id = `0-${prng.between(0, known.tip + 2)}`;
  const fields = [
    "generation",
    "in_tip",
    "slot:1",
    "live:1",
    "lead:epoch",
    "halted",
    "ends",
    "stamp",
    "next",
    "rules",
    "nothing",
  ];
  const choices: (string | Uint8Array)[][] = [
    ["HMGET", "ctl:{1}", ...fields],
    ["HGET", prng.pick(KEYS), "in_tip"],
    ["EXISTS", key, key],
    ["XRANGE", key, id, "+", "COUNT", "2"],
    ["XRANGE", key, "-", id],
    ["HSET", prng.pick(["ctl:{1}", "aside", "in:{1}"]), "field", prng.bytes(5), "f", "2"],
    ["HSETNX", "aside", "field", "1"],
    ["HDEL", "aside", "field", "f"],
    ["HINCRBY", "aside", "count", "3"],
    ["XADD", prng.pick(["ex:{1}", "stray", "ctl:{1}"]), "NOMKSTREAM", id, "d", prng.bytes(9)],
    ["XADD", "stray", "MAXLEN", "2", id, "d", "x"],
    ["XTRIM", prng.pick(["stray", "ex:{1}", "aside"]), "MINID", "=", `0-${prng.between(0, 5)}`],
  ];
  return prng.pick(choices);
}
