/**
 * Redis targets: where a shard's primary is, as far as the newest answer said.
 *
 *   the hosts of the address     one after the other, as long as each does not answer or is none
 *   MOVED slot host:port         topology news of a cluster: there, until that one is gone
 *
 * Every connection goes to one node and stays there; nothing is sent twice because of a move.
 */
import type { RedisHost } from "./config-address.ts";
import { RedisGone, RedisRefusal } from "./redis-connection.ts";

/** First words of a node that is not, or not yet, the primary of the keys asked for. */
const NOT_PRIMARY = ["READONLY", "MASTERDOWN", "CLUSTERDOWN", "UNBLOCKED", "ERR WAIT cannot"];

export class RedisTargets {
  private readonly seeds: readonly RedisHost[];
  private next = 0;
  private moved: RedisHost | null = null;

  constructor(seeds: readonly RedisHost[]) {
    this.seeds = seeds;
  }

  get current(): RedisHost {
    return this.moved ?? this.seeds[this.next % this.seeds.length]!;
  }

  /** What an answer, or none, from `asked` says about where to ask next. */
  learn(asked: RedisHost, error: unknown): void {
    // Others may have learned from the same node already.
    if (asked !== this.current) return;
    const place = error instanceof RedisRefusal ? movedTo(error.message, asked) : null;
    const isWrong =
      error instanceof RedisGone ||
      (error instanceof RedisRefusal && NOT_PRIMARY.some((word) => error.message.startsWith(word)));
    if (place !== null) this.moved = place;
    else if (isWrong) this.skip();
  }

  private skip(): void {
    if (this.moved === null) this.next++;
    this.moved = null;
  }
}

/** `MOVED 3999 127.0.0.1:6381`; without a host it is the one that was asked. */
function movedTo(message: string, asked: RedisHost): RedisHost | null {
  const [, host = "", port = ""] = /^MOVED \d+ (.*):(\d+)$/.exec(message) ?? [];
  if (port === "") return null;
  return { host: host === "" ? asked.host : host, port: Number(port) };
}

export function hostText({ host, port }: RedisHost): string {
  return `${host}:${port}`;
}
