/**
 * Load: the traders' process as the story sees it, see traders-main.ts.
 */
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { History } from "../chaos/judge.ts";
import type { Hosts } from "./hosts.ts";
import type { Phase } from "./terms.ts";

export interface TradersTerms {
  readonly venueId: string;
  readonly host: string;
  readonly port: number;
  readonly accounts: readonly {
    readonly account: number;
    readonly key: number;
    readonly file: string;
  }[];
  readonly shards: readonly {
    readonly id: number;
    readonly first: number;
    readonly last: number;
  }[];
  readonly gapMs: number;
  /** Units of each asset of each account. */
  readonly funds: number;
  readonly journals: string;
  readonly histories: string;
}

export interface TakenLoad {
  readonly frames: number;
  readonly acknowledged: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly wrong: string;
}

/** How many reports an account was told on a shard. */
export interface Told {
  readonly name: string;
  readonly account: number;
  readonly shard: number;
  readonly told: number;
}

export type TraderHistory = Omit<History, "outcomes"> & {
  readonly frames: number;
  readonly outcomes: readonly (readonly [string, string])[];
};

export type Taken = Pick<Phase, "frames" | "orders_acknowledged" | "wait_ms">;

const MAIN = join(import.meta.dir, "traders-main.ts");
const ANSWER_MS_MAX = 180_000;

export class Load {
  private readonly child: Bun.Subprocess<"pipe", "pipe", number>;
  private readonly lines: AsyncIterator<string>;
  private readonly histories: string;
  private readonly out: string;

  constructor(hosts: Hosts, host: string, terms: TradersTerms, out: string) {
    this.histories = terms.histories;
    this.out = out;
    const file = openSync(out, "a");
    const command = [process.execPath, MAIN, JSON.stringify(terms)];
    this.child = Bun.spawn(hosts.on(host, command), {
      stdin: "pipe",
      stdout: "pipe",
      stderr: file,
    });
    closeSync(file);
    this.lines = linesOf(this.child.stdout);
  }

  async take(): Promise<Taken> {
    const { frames, acknowledged, p50, p99, max, wrong } = await this.ask<TakenLoad>("take");
    if (wrong !== "") throw new Error(wrong);
    const [short, long, worst] = [p50, p99, max].map((ms) => Math.round(ms));
    const wait = { p50: short ?? 0, p99: long ?? 0, worst: worst ?? 0 };
    return { frames, orders_acknowledged: acknowledged, wait_ms: wait };
  }

  /** Everybody has had an answer to what was asked from now on. */
  async move(): Promise<void> {
    await this.ask("move");
  }

  /** Nothing new is sent, and nothing is waited for. */
  async rest(): Promise<void> {
    await this.ask("rest");
  }

  told(): Promise<Told[]> {
    return this.ask<Told[]>("told");
  }

  async finish(): Promise<TraderHistory[]> {
    await this.ask("finish");
    await this.child.exited;
    return JSON.parse(readFileSync(this.histories, "utf8"));
  }

  private async ask<T>(word: string): Promise<T> {
    await this.child.stdin.write(`${word}\n`);
    await this.child.stdin.flush();
    const late = Bun.sleep(ANSWER_MS_MAX).then(() => {
      throw new Error(`the traders do not answer to "${word}" within ${ANSWER_MS_MAX / 1000} s`);
    });
    const { done, value } = await Promise.race([this.lines.next(), late]);
    if (done === true) throw new Error(`the traders ended: ${readFileSync(this.out, "utf8")}`);
    return JSON.parse(value);
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true });
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n")) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
    }
  }
}
