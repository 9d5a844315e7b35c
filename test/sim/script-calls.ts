/** ScriptCalls: what the models of our scripts share. */
import { Refusal, type Reply } from "./keyspace.ts";
import { type Arg, textOf } from "./resp.ts";

export type Keys = readonly string[];
export type Args = readonly Arg[];

/** What a script can do: call a command, and ask the time in microseconds. */
export interface Calls {
  call(...args: (string | Arg)[]): Reply;
  micros(): number;
}

/** The values of these fields, "" for none, once the log is known to be ours. */
export function fieldsOf(calls: Calls, keys: Keys, args: Args, ...names: string[]): string[] {
  const reply = calls.call("HMGET", keys[2]!, "venue", ...names) as readonly (Arg | null)[];
  const [venue = "", ...values] = reply.map((value) => (value === null ? "" : textOf(value)));
  if (reply[0] === null) throw new Refusal("LOST there is no log any more");
  if (venue !== textOf(args[0]!)) {
    throw new Refusal("LOST another genesis has taken the place of ours");
  }
  return values;
}
