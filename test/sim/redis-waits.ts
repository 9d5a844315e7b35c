/**
 * RedisWaits: what a simulated server answers later than it is asked: XREAD with BLOCK, and WAIT.
 */
import type { Refusal, Reply } from "./keyspace.ts";
import type { RedisCommands } from "./redis-commands.ts";
import { type Arg, textOf } from "./resp.ts";
import type { ServerEnd } from "./server-end.ts";
import { MS } from "./world.ts";

export type Answer = (outcome: Reply | Refusal) => void;

export interface Request {
  readonly from: ServerEnd;
  readonly args: readonly Arg[];
  readonly answer: Answer;
}

export interface Waiting extends Pick<Request, "from" | "answer"> {
  /** It was looked for, and not there yet. */
  isAsleep: boolean;
  /** The reply once there is one to give; null while it waits. */
  readonly look: () => Reply | null;
  readonly until: number;
  readonly late: () => Reply;
}

/** XREAD COUNT n BLOCK ms STREAMS key id */
export function readingOf(
  { from, args, answer }: Request,
  commands: RedisCommands,
  now: number,
): Waiting {
  const [, , count, , blockMs, , key = "", id = ""] = args.map(textOf);
  const after = Number(id.split("-")[1]);
  const look = (): Reply | null => {
    const found = commands.keyspace.behind(key, after, Number(count));
    return found === null ? null : [[args[6]!, found]];
  };
  const until = now + Number(blockMs) * MS;
  return { from, answer, look, until, late: () => null, isAsleep: false };
}

/** WAIT n ms; `held`: how many replicas have what its sender wrote before. */
export function replicationOf(
  { from, args, answer }: Request,
  held: () => number,
  now: number,
): Waiting {
  const [, wanted, ms] = args.map(textOf);
  const look = (): Reply | null => (held() >= Number(wanted) ? held() : null);
  return { from, answer, look, until: now + Number(ms) * MS, late: held, isAsleep: false };
}
