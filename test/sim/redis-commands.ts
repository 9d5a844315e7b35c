/**
 * RedisCommands: what one command does on a simulated Redis, blocking and waiting apart.
 *
 *   run(args)   the reply; throws Refusal. Changes are left in `effects`, one transaction
 */
import { isDeniedWhenFull, isWrite, Keyspace, Refusal, type Reply } from "./keyspace.ts";
import { type Arg, bytesOf, textOf, type Word } from "./resp.ts";
import type { Calls } from "./script-calls.ts";
import { modelOf, sha1 } from "./script-models.ts";

export interface Condition {
  /** It follows another one, and takes no writes. */
  isReplica: boolean;
  /** Used share of its memory; at 1 it refuses what would take more. */
  memory: number;
  /** Its last write to the file failed. */
  isMisconfigured: boolean;
  /** Its clock. */
  micros(): number;
  info(): string;
  config(): readonly string[];
}

const NO_SCRIPT = "NOSCRIPT No matching script. Please use EVAL.";
const READ_ONLY = "READONLY You can't write against a read only replica.";
const FULL = "OOM command not allowed when used memory > 'maxmemory'.";
const MISCONFIGURED = "MISCONF Errors writing to the AOF file: No space left on device";

export class RedisCommands {
  keyspace = new Keyspace();
  effects: Arg[][] = [];
  private readonly condition: Condition;
  private readonly scripts = new Map<string, string>();

  constructor(condition: Condition) {
    this.condition = condition;
  }

  /** As after a restart. */
  forgetScripts(): void {
    this.scripts.clear();
  }

  run(args: readonly Arg[]): Reply {
    const name = textOf(args[0]!);
    switch (name) {
      case "INFO":
        return bytesOf(this.condition.info());
      case "TIME": {
        const now = this.condition.micros();
        return [Math.floor(now / 1_000_000), now % 1_000_000].map((part) => bytesOf(`${part}`));
      }
      case "CONFIG":
        return this.condition.config().map(bytesOf);
      case "SCRIPT":
        return bytesOf(this.learn(textOf(args[2]!)));
      case "EVAL":
        return this.script(this.learn(textOf(args[1]!)), args);
      case "EVALSHA":
        return this.script(textOf(args[1]!), args);
      default:
        return this.command(args, this.effects);
    }
  }

  private learn(text: string): string {
    const hash = sha1(text);
    this.scripts.set(hash, text);
    return hash;
  }

  private script(hash: string, args: readonly Arg[]): Reply {
    const text = this.scripts.get(hash);
    if (text === undefined) throw new Refusal(NO_SCRIPT);
    const model = modelOf(text);
    if (model === null) throw new Error("a script without a model");
    const count = Number(textOf(args[2]!));
    const keys = args.slice(3, 3 + count).map(textOf);
    const calls: Calls = {
      call: (...list) => this.command(list, this.effects),
      micros: () => this.condition.micros(),
    };
    return model(calls, keys, args.slice(3 + count));
  }

  private command(args: readonly Word[], effects: Arg[][]): Reply {
    const [first = ""] = args;
    const name = typeof first === "string" ? first : textOf(first);
    const { isReplica, memory, isMisconfigured } = this.condition;
    if (isWrite(name) && isReplica) throw new Refusal(READ_ONLY);
    if (isDeniedWhenFull(name) && memory >= 1 && effects.length === 0) throw new Refusal(FULL);
    if (isWrite(name) && isMisconfigured) throw new Refusal(MISCONFIGURED);
    return this.keyspace.call(args, effects);
  }
}
