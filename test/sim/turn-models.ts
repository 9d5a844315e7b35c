/** TurnModels: the scripts of src/edges/redis-turn-scripts.ts once more, as in script-models.ts. */
import { Refusal, type Reply } from "./keyspace.ts";
import { bytesOf, textOf } from "./resp.ts";
import { type Args, type Calls, fieldsOf, type Keys } from "./script-calls.ts";

const SAID_KEPT = 64;

export function takeTurn(calls: Calls, keys: Keys, args: Args): Reply {
  const [, kind = "", owner = "", lease = "", dead = ""] = args.map(textOf);
  const [tip = "", held = ""] = fieldsOf(calls, keys, args, "ex_tip", `lead:${kind}`);
  const now = calls.micros();
  const [, since = "", other = ""] = /^(\d+) (.*)$/.exec(held) ?? [];
  const lives = held !== "" && Math.abs(now - Number(since)) < Number(lease);
  if (lives && other !== owner && other !== dead) throw new Refusal(`INUSE ${other}`);
  calls.call("HDEL", keys[2]!, `lead:${kind}`);
  calls.call("HSET", keys[2]!, `lead:${kind}`, `${now} ${owner}`);
  return [calls.call("HINCRBY", keys[2]!, kind, "1"), Number(tip)];
}

export function holdTurn(calls: Calls, keys: Keys, args: Args): Reply {
  const [, kind = "", number = "", owner = "", isLast = ""] = args.map(textOf);
  const lead = `lead:${kind}`;
  const [held = "", holder = ""] = fieldsOf(calls, keys, args, kind, lead);
  if (held !== number) return 0;
  const [, , other = owner] = /^(\d+) (.*)$/.exec(holder) ?? [];
  if (other !== owner) return 0;
  calls.call("HDEL", keys[2]!, lead);
  if (isLast !== "1") calls.call("HSET", keys[2]!, lead, `${calls.micros()} ${owner}`);
  return 1;
}

export function lookTurn(calls: Calls, keys: Keys, args: Args): Reply {
  const [, kind = "", lease = ""] = args.map(textOf);
  const [held = ""] = fieldsOf(calls, keys, args, `lead:${kind}`);
  const [, since = "", owner = ""] = /^(\d+) (.*)$/.exec(held) ?? [];
  const lives = Math.abs(calls.micros() - Number(since)) < Number(lease);
  return bytesOf(lives ? owner : "");
}

export function sayCommitment(calls: Calls, keys: Keys, args: Args): Reply {
  const [, text = "", hash = "", who = ""] = args.map(textOf);
  const number = Number(text);
  const field = `said:${number % SAID_KEPT}`;
  const before = `said:${(number + SAID_KEPT - 1) % SAID_KEPT}`;
  const names = ["generation", field, before];
  const [generation = "", here = "", last = ""] = fieldsOf(calls, keys, args, ...names);
  const [itsNumber = "", itsGeneration, itsHash, one = "", two = ""] = here.split(" ");
  const said = itsGeneration === generation ? itsNumber : "";
  if (said !== "" && Number(said) > number) return 2;
  if (said === text) {
    if (itsHash !== hash || two === "!") {
      calls.call("HDEL", keys[2]!, field);
      calls.call("HSET", keys[2]!, field, `${said} ${generation} ${itsHash} ${one} !`);
      throw new Refusal(`DIFFERS commitment ${said} is another one for ${one}`);
    }
    const more = one !== who && two === "" ? ` ${who}` : "";
    calls.call("HSET", keys[2]!, field, here + more);
    if (one !== who || two !== "") return 1;
  } else {
    calls.call("HSET", keys[2]!, field, `${text} ${generation} ${hash} ${who}`);
  }
  const [lastNumber, lastGeneration, , , another = ""] = last.split(" ");
  const isNext = lastGeneration === generation && Number(lastNumber) + 1 === number;
  return another !== "" && isNext ? 3 : 0;
}
