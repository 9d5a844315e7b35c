/**
 * ScriptModels: our Lua scripts once more, in TypeScript, for the simulated Redis. Line by line
 * what src/edges/redis-scripts.ts says; redis-model.test.ts compares the two on a real server.
 */
import { withReason } from "../../src/edges/halt-mark.ts";
import { endsText, readEnds, withEnd } from "../../src/edges/log-ends.ts";
import type { Script } from "../../src/edges/redis-connection.ts";
import * as retention from "../../src/edges/redis-retention-scripts.ts";
import * as scripts from "../../src/edges/redis-scripts.ts";
import * as turns from "../../src/edges/redis-turn-scripts.ts";
import { Refusal, type Reply } from "./keyspace.ts";
import { consume, cover, restore, trim } from "./retention-models.ts";
import { type Arg, bytesOf, textOf } from "./resp.ts";
import { stampOf, withUpgrade } from "./script-models-rules.ts";
import { type Args, type Calls, fieldsOf, type Keys } from "./script-calls.ts";
import { holdTurn, lookTurn, sayCommitment, takeTurn } from "./turn-models.ts";

type Model = (calls: Calls, keys: Keys, args: Args) => Reply;

export const MODELS: ReadonlyMap<Script, Model> = new Map([
  [scripts.CREATE, create],
  [scripts.TAKE_SLOT, takeSlot],
  [scripts.HOLD_SLOT, holdSlot],
  [scripts.APPEND_IN, appendIn],
  [scripts.APPEND_EX, appendEx],
  [scripts.PUBLISH, publish],
  [scripts.RAISE, raise],
  [scripts.HALT, halt],
  [scripts.GOVERN, govern],
  [turns.TAKE_TURN, takeTurn],
  [turns.HOLD_TURN, holdTurn],
  [turns.LOOK_TURN, lookTurn],
  [turns.SAY_COMMITMENT, sayCommitment],
  [retention.RESTORE, restore],
  [retention.CONSUME, consume],
  [retention.COVER, cover],
  [retention.TRIM, trim],
]);

function create(calls: Calls, keys: Keys, args: Args): Reply {
  if (Number(calls.call("EXISTS", ...keys)) > 0) {
    const genesis = calls.call("HGET", keys[2]!, "genesis") as Arg | null;
    if (genesis !== null && textOf(genesis) === textOf(args[1]!)) return 0;
    throw new Refusal("EXISTS there is a log already");
  }
  calls.call("XADD", keys[0]!, "0-1", "d", args[4]!, "t", args[3]!, "s", args[2]!, "b", "0");
  calls.call("XGROUP", "CREATE", keys[1]!, "none", "0", "MKSTREAM");
  calls.call("XGROUP", "DESTROY", keys[1]!, "none");
  const facts = ["venue", args[0]!, "genesis", args[1]!, "stamp", args[2]!, "generation", "1"];
  const tips = ["in_tip", "1", "log_time", args[3]!, "epoch", "0", "ex_tip", "0", "durable", "0"];
  calls.call("HSET", keys[2]!, ...facts, ...tips);
  return 1;
}

function takeSlot(calls: Calls, keys: Keys, args: Args): Reply {
  const [slot, live] = [`slot:${textOf(args[1]!)}`, `live:${textOf(args[1]!)}`];
  const names = ["generation", "in_tip", slot, live];
  const [generation, tip, held, holder] = fieldsOf(calls, keys, args, ...names);
  const owner = textOf(args[2]!);
  const now = calls.micros();
  const [, since = "", other = ""] = /^(\d+) (.*)$/.exec(holder!) ?? [];
  if (holder !== "") {
    const lives = Math.abs(now - Number(since)) < Number(textOf(args[3]!));
    if (lives && other !== owner && other !== textOf(args[4]!)) {
      throw new Refusal(`INUSE ${other}`);
    }
  }
  const term = held === "" ? now : Math.max(now, Number(held!.split(":")[0]) + 1);
  calls.call("HSET", keys[2]!, slot, `${term}:0:0:0:0`, live, `${now} ${owner}`);
  return [Number(generation), term, Number(tip)];
}

function holdSlot(calls: Calls, keys: Keys, args: Args): Reply {
  const [, name = "", term = "", owner = ""] = args.map(textOf);
  const [held = ""] = fieldsOf(calls, keys, args, `slot:${name}`);
  if (held === "" || held.split(":")[0] !== term) return 0;
  if (owner === "") return calls.call("HDEL", keys[2]!, `live:${name}`);
  calls.call("HSET", keys[2]!, `live:${name}`, `${calls.micros()} ${owner}`);
  return 1;
}

function appendIn(calls: Calls, keys: Keys, args: Args): Reply {
  const words = args.slice(0, 9).map(textOf);
  const [, generation, slot, term, pack, count, callers, allowed, known] = words;
  const names = ["generation", "halted", `slot:${slot}`, "in_tip", "log_time", "stamp", "next"];
  const [its, halted, held, tip, logTime, stamp, next] = fieldsOf(calls, keys, args, ...names);
  if (its !== generation) throw new Refusal(`GENERATION this is ${its}`);
  if (held === "") throw new Refusal("SUFFIX the writer slot is gone");
  const [heldTerm, heldPack, heldFirst, heldLast, heldTime] = held!.split(":");
  if (Number(heldTerm) > Number(term)) {
    throw new Refusal(`FENCED another writer has taken slot ${slot}`);
  }
  if (heldTerm !== term) throw new Refusal("SUFFIX the term of the slot is gone");
  if (heldPack === pack) return [Number(heldFirst), Number(heldLast), Number(heldTime)];
  if (Number(tip) < Number(known) || Number(heldPack) + 1 !== Number(pack)) {
    throw new Refusal(`SUFFIX in ends at ${tip} after pack ${heldPack}`);
  }
  if (args.length > 10) {
    const [mark, position, cure] = args.slice(10, 13).map(textOf);
    const isThere = tip === position || (cure === "cure" && Number(tip) >= Number(position));
    if (halted === "" || halted !== mark || !isThere || count !== "1") return [0, 0, 0];
  } else if (halted !== "") {
    throw new Refusal(`HALTED the shard is halted: ${halted}`);
  }
  const host = calls.micros();
  if (Math.abs(host - Number(callers)) > Number(allowed)) {
    throw new Refusal("CLOCK the clocks of Redis and of the writer differ too much");
  }
  const now = Math.max(host, Number(logTime));
  const [first, last] = [Number(tip) + 1, Number(tip) + Number(count)];
  const { said, begun } = stampOf({ stamp: stamp!, next: next! }, first, last);
  const entry = ["d", args[9]!, "t", `${now}`, "s", said, "b", logTime!];
  if (calls.call("XADD", keys[0]!, "NOMKSTREAM", `0-${last}`, ...entry) === null) {
    throw new Refusal("LOST the stream of in is gone");
  }
  if (begun !== null) calls.call("HSET", keys[2]!, "stamp", begun);
  if (begun !== null) calls.call("HDEL", keys[2]!, "next");
  const taken = `${term}:${pack}:${first}:${last}:${now}`;
  calls.call("HSET", keys[2]!, "in_tip", `${last}`, "log_time", `${now}`, `slot:${slot}`, taken);
  return [first, last, now];
}

function appendEx(calls: Calls, keys: Keys, args: Args): Reply {
  const [epoch, before, after] = args.slice(1, 4).map(textOf);
  const durable = textOf(args[5]!);
  const [read, readTime] = args.slice(6, 8).map(textOf);
  const names = ["epoch", "ex_tip", "in_tip", "log_time", "halted", "ends"];
  const [itsEpoch, tip, inputTip, logTime, halted, ends] = fieldsOf(calls, keys, args, ...names);
  if (Number(itsEpoch) > Number(epoch)) throw new Refusal(`FENCED this is epoch ${itsEpoch}`);
  if (itsEpoch !== epoch) throw new Refusal("SUFFIX the epoch is gone");
  if (tip === after) {
    calls.call("HSET", keys[2]!, "ex_tip", after!);
    return 0;
  }
  if (tip !== before) throw new Refusal(`SUFFIX ex ends at ${tip}`);
  if (Number(inputTip) < Number(after)) throw new Refusal(`SUFFIX in ends at ${inputTip}`);
  const time = inputTip === read ? logTime : timeOf(calls, keys[0]!, `0-${read}`);
  if (read !== "0" && time !== readTime) {
    throw new Refusal(`SUFFIX entry 0-${read} of in is not the one that was read`);
  }
  if (calls.call("XADD", keys[1]!, "NOMKSTREAM", `0-${after}`, "d", args[4]!) === null) {
    throw new Refusal("LOST the stream of ex is gone");
  }
  calls.call("HSET", keys[2]!, "ex_tip", after!, "durable", durable);
  if (args.length > 8 && halted !== "" && halted === textOf(args[8]!)) {
    calls.call("HDEL", keys[2]!, "halted");
    const generation = Number(calls.call("HINCRBY", keys[2]!, "generation", "1"));
    const end = { position: Number(inputTip) - 1, generation };
    calls.call("HSET", keys[2]!, "ends", endsText(withEnd(readEnds(ends!), end)));
  }
  return 1;
}

/** The log time of an entry of `in`, "" if it is not there. */
function timeOf(calls: Calls, key: string, id: string): string {
  const [entry] = calls.call("XRANGE", key, id, id) as readonly [unknown, readonly Arg[]][];
  return entry === undefined ? "" : textOf(entry[1][3]!);
}

function publish(calls: Calls, keys: Keys, args: Args): Reply {
  const [, epoch, position] = args.map(textOf);
  const [itsEpoch, tip, durable] = fieldsOf(calls, keys, args, "epoch", "ex_tip", "durable");
  if (Number(itsEpoch) > Number(epoch)) throw new Refusal(`FENCED this is epoch ${itsEpoch}`);
  if (Number(tip) < Number(position)) throw new Refusal(`SUFFIX ex ends at ${tip}`);
  if (Number(durable) >= Number(position)) return 0;
  calls.call("HSET", keys[2]!, "durable", position!);
  calls.call("XADD", keys[3]!, "MAXLEN", "1", `0-${position}`, "e", epoch!);
  return 1;
}

function raise(calls: Calls, keys: Keys, args: Args): Reply {
  const [, seen, needed] = args.map(textOf);
  const names = ["generation", "in_tip", "halted", "restored"];
  const [generation, tip, mark, restored] = fieldsOf(calls, keys, args, ...names);
  if (Number(tip) < Number(needed)) {
    const [, restoredAt = "0"] = restored!.split(" ");
    if (Number(seen) < Number(restoredAt)) {
      throw new Refusal(`LOST the log was restored from its export, and ends at ${tip}`);
    }
    const reason =
      `in ends at ${tip}, and reports up to ${needed}` +
      " have left: more was lost than log.durability allows; restore from the export";
    addReason(calls, keys, mark!, reason);
    throw new Refusal(`HALTED ${reason}`);
  }
  if (Number(generation) > Number(seen)) return Number(generation);
  const next = Number(seen) + 1;
  calls.call("HSET", keys[2]!, "generation", `${next}`);
  return next;
}

function halt(calls: Calls, keys: Keys, args: Args): Reply {
  const [mark] = fieldsOf(calls, keys, args, "halted");
  return addReason(calls, keys, mark!, textOf(args[1]!));
}

/** `mark`: "" for none, as `fieldsOf` says it. */
function addReason(calls: Calls, keys: Keys, mark: string, reason: string): number {
  const longer = withReason(mark === "" ? null : mark, reason);
  if (longer === mark) return 0;
  calls.call("HDEL", keys[2]!, "halted");
  calls.call("HSET", keys[2]!, "halted", longer);
  return 1;
}

function govern(calls: Calls, keys: Keys, args: Args): Reply {
  const [, epoch, version, from] = args.map(textOf);
  const [itsEpoch, rules, stamp] = fieldsOf(calls, keys, args, "epoch", "rules", "stamp");
  if (Number(itsEpoch) > Number(epoch)) throw new Refusal(`FENCED this is epoch ${itsEpoch}`);
  const made = withUpgrade({ rules: rules!, stamp: stamp! }, version!, from!);
  if (made === null) return 0;
  calls.call("HSET", keys[2]!, "rules", made.rules, "next", made.next);
  return 1;
}

/** The script with this hash or text. */
export function modelOf(text: string): Model | null {
  return byText.get(text) ?? null;
}

const byText = new Map([...MODELS].map(([script, model]) => [script.text, model]));

export function sha1(text: string): string {
  return new Bun.CryptoHasher("sha1").update(text).digest("hex");
}

export function toArgs(...list: (string | Arg)[]): Arg[] {
  return list.map((one) => (typeof one === "string" ? bytesOf(one) : one));
}

const names = new Map<string, string>();
for (const [name, script] of Object.entries({ ...scripts, ...retention, ...turns })) {
  names.set(script.text, name);
  names.set(sha1(script.text), name);
}

/** By its text or its hash. */
export function scriptName(text: string): string {
  return names.get(text) ?? "a script";
}
