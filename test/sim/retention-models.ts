/** RetentionModels: src/edges/redis-retention-scripts.ts once more; see script-models.ts. */
import { Refusal, type Reply } from "./keyspace.ts";
import { type Arg, textOf } from "./resp.ts";
import { type Args, type Calls, fieldsOf, type Keys } from "./script-calls.ts";

/** Fields of ctl are shorter. */
const NAME_MAX = 80;

export function restore(calls: Calls, keys: Keys, args: Args): Reply {
  const [venue, , , generation, position] = args.slice(0, 5).map(textOf);
  if (Number(calls.call("EXISTS", ...keys)) > 0) {
    const reply = calls.call("HMGET", keys[2]!, "venue", "restored") as readonly (Arg | null)[];
    const [known, restored] = reply.map((value) => (value === null ? "" : textOf(value)));
    if (known === venue && restored === `${position} ${generation}`) return 0;
    throw new Refusal("EXISTS there is a log already");
  }
  const [id, epoch, at] = [`0-${position}`, generation!, position!];
  calls.call("XADD", keys[0]!, id, "d", args[7]!, "t", args[5]!, "s", args[2]!, "b", args[6]!);
  calls.call("XADD", keys[1]!, id, "d", args[8]!);
  calls.call("XADD", keys[3]!, id, "e", args[3]!);
  const facts = ["venue", args[0]!, "genesis", args[1]!, "stamp", args[2]!, "generation", epoch];
  const tips = ["in_tip", at, "log_time", args[5]!, "epoch", epoch, "ex_tip", at, "durable", at];
  const marks = ["archived", at, "checkpointed", at, "trimmed", `${Number(at) - 1}`];
  const restored = ["restored", `${at} ${epoch}`];
  calls.call("HSET", keys[2]!, ...facts, ...tips, ...restored, ...marks, "ends", args[11]!);
  const [rules, next] = [args[9]!, args[10]!];
  if (rules.length > 0) calls.call("HSET", keys[2]!, "rules", rules);
  if (next.length > 0) calls.call("HSET", keys[2]!, "next", next);
  return 1;
}

export function consume(calls: Calls, keys: Keys, args: Args): Reply {
  const [, name, position, allowed] = args.map(textOf);
  const [trimmed] = fieldsOf(calls, keys, args, "trimmed");
  calls.call("HDEL", keys[2]!, `use:${name}`);
  calls.call("HSET", keys[2]!, `use:${name}`, `${position} ${calls.micros()} ${allowed}`);
  return Number(trimmed);
}

export function cover(calls: Calls, keys: Keys, args: Args): Reply {
  const [, mark = "", position = ""] = args.map(textOf);
  const [before] = fieldsOf(calls, keys, args, mark);
  if (Number(before) >= Number(position)) return 0;
  calls.call("HDEL", keys[2]!, mark);
  calls.call("HSET", keys[2]!, mark, position);
  return 1;
}

export function trim(calls: Calls, keys: Keys, args: Args): Reply {
  const [, upTo, atOnce] = args.map(textOf);
  const names = ["archived", "checkpointed", "durable", "ex_tip", "trimmed"];
  const fields = fieldsOf(calls, keys, args, ...names).map(Number);
  const now = calls.micros();
  const trimmed = fields.pop()!;
  let floor = Math.min(Number(upTo), ...fields);
  const all = calls.call("HGETALL", keys[2]!) as readonly Arg[];
  const silent: string[] = [];
  for (let i = 0; i < all.length; i += 2) {
    const name = all[i]!.length > NAME_MAX ? "" : textOf(all[i]!);
    if (!name.startsWith("use:")) continue;
    const [position, since, allowed] = textOf(all[i + 1]!)
      .split(" ")
      .map(Number);
    if (Math.abs(now - since!) > allowed!) silent.push(name);
    else floor = Math.min(floor, position!);
  }
  for (const name of silent.sort()) calls.call("HDEL", keys[2]!, name);
  floor = Math.min(floor, trimmed + 1 + Number(atOnce));
  if (floor <= trimmed + 1) return trimmed;
  calls.call("XTRIM", keys[0]!, "MINID", "=", `0-${floor}`);
  calls.call("XTRIM", keys[1]!, "MINID", "=", `0-${floor}`);
  calls.call("HSET", keys[2]!, "trimmed", `${floor - 1}`);
  return floor - 1;
}
