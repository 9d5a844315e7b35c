/**
 * Load: real input for a running venue. `bun run load replay FILE`, `bun run load make ...`.
 *
 * What a flow is: src/load/workload.ts. Exit codes as everywhere: 1 also for a report stream that
 * is not the reference's.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ClientError } from "../client/errors.ts";
import { readKeyFile } from "../edges/keys.ts";
import { NaiveEngine } from "../naive/naive-engine.ts";
import {
  EXIT_REFUSED,
  EXIT_UNREACHABLE,
  EXIT_USAGE,
  endWith,
  ServiceEnd,
} from "../service/start.ts";
import { hashThrough } from "./engine-run.ts";
import { makeFlow, SHAPE_NAMES } from "./make-flow.ts";
import { type ReplayResult, replay } from "./replay.ts";
import { readWorkload, writeWorkload } from "./workload.ts";
import { loadWorkload, referenceHash } from "./workload-file.ts";

const HELP = `bun run load replay FILE        sends an order flow into the running venue
  --host HOST            127.0.0.1
  --port PORT            8080, of ingress (TCP)
  --http HOST:PORT       127.0.0.1:9090, of ingress
  --settlement HOST:PORT 127.0.0.1:9091
  --operator-key FILE    ./data/keys/operator.pem
  --shard N              the lowest
  --times N              1: run it N times, each with a market of its own
  --batch B              1: commands per signed frame, at most 256
  --accounts 1|2         2: buys and sells by two accounts; 1 fills batches better
  --rate R               0: commands per second; 0 is as fast as answers come (closed loop)
  --window W             2048: commands on their way, at most
  --keep-book            leave what rests; otherwise it is cancelled at the end
  --journal DIR          keep a record in DIR, and go on from it after an interruption
  --reconnect-ms MS      30000: how long to try again after a lost connection
  -o json                print JSON

bun run load make SHAPE SEED N FILE     writes a flow of N new orders, and FILE.sha256
  SHAPE                  ${SHAPE_NAMES.join(", ")}
`;

const OPTIONS = {
  host: { type: "string", default: "127.0.0.1" },
  port: { type: "string", default: "8080" },
  http: { type: "string", default: "127.0.0.1:9090" },
  settlement: { type: "string", default: "127.0.0.1:9091" },
  "operator-key": { type: "string", default: "./data/keys/operator.pem" },
  shard: { type: "string" },
  times: { type: "string", default: "1" },
  batch: { type: "string", default: "1" },
  accounts: { type: "string", default: "2" },
  rate: { type: "string", default: "0" },
  window: { type: "string", default: "2048" },
  "keep-book": { type: "boolean", default: false },
  journal: { type: "string" },
  "reconnect-ms": { type: "string", default: "30000" },
  output: { type: "string", short: "o", default: "text" },
  help: { type: "boolean", default: false },
} as const;

type Flags = ReturnType<typeof readFlags>["values"];

await endWith("load", async () => {
  const { values, positionals } = readFlags();
  const [verb, ...rest] = positionals;
  if (values.help || verb === undefined) process.stdout.write(HELP);
  else if (verb === "replay") await runReplay(rest, values);
  else if (verb === "make") make(rest);
  else throw usage(`there is no "load ${verb}"`);
});

function readFlags() {
  try {
    return parseArgs({ args: process.argv.slice(2), options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : "unreadable flags");
  }
}

function usage(why: string): ServiceEnd {
  return new ServiceEnd(EXIT_USAGE, `${why}\nTry: bun run load --help`);
}

function numberIn(flags: Flags, name: keyof Flags, [low, high]: readonly [number, number]): number {
  const text = String(flags[name]);
  const value = /^\d+$/.test(text) ? Number(text) : -1;
  if (value < low || value > high) throw usage(`--${name} ${text} is not in ${low} to ${high}`);
  return value;
}

async function runReplay(files: readonly string[], flags: Flags): Promise<void> {
  const [path] = files;
  if (path === undefined || files.length > 1) throw usage("replay takes one FILE");
  const times = numberIn(flags, "times", [1, 1_000_000]);
  if (flags.journal !== undefined && times > 1) throw usage("a journal is of one run: --times 1");
  const loaded = loadWorkload(path);
  if (typeof loaded === "string") throw usage(loaded);
  const options = replayOptions(flags);
  const reference = referenceHash(path);
  let differing = 0;
  for (let i = 0; i < times; i++) {
    const result = await replay(loaded, options).catch((error: unknown) => {
      throw endOf(error);
    });
    print(result, { flags, path, reference, isPaced: options.rate > 0 });
    if (reference !== null && reference !== result.report_sha256) differing++;
  }
  if (differing === 0) return;
  throw new ServiceEnd(
    EXIT_REFUSED,
    `${differing} of ${times} report streams are not the reference's`,
  );
}

function replayOptions(flags: Flags) {
  return {
    venue: {
      host: flags.host,
      port: numberIn(flags, "port", [1, 65_535]),
      ingress: `http://${flags.http}`,
      settlement: `http://${flags.settlement}`,
      ...(flags.shard === undefined ? {} : { shard: numberIn(flags, "shard", [1, 65_534]) }),
    },
    operator: readKeyFile(flags["operator-key"]),
    batch: numberIn(flags, "batch", [1, 256]),
    accounts: numberIn(flags, "accounts", [1, 2]) === 1 ? 1 : 2,
    rate: numberIn(flags, "rate", [0, 100_000_000]),
    window: numberIn(flags, "window", [1, 1_000_000]),
    keepBook: flags["keep-book"],
    journalDir: flags.journal ?? null,
    reconnectMsMax: numberIn(flags, "reconnect-ms", [0, 86_400_000]),
  } as const;
}

function endOf(error: unknown): unknown {
  if (!(error instanceof ClientError)) return error;
  const code = error.code === "unreachable" ? EXIT_UNREACHABLE : EXIT_REFUSED;
  return new ServiceEnd(code, error.message);
}

interface Printing {
  readonly flags: Flags;
  readonly path: string;
  readonly reference: string | null;
  readonly isPaced: boolean;
}

function print(result: ReplayResult, { flags, path, reference, isPaced }: Printing): void {
  const matches = reference === null ? null : reference === result.report_sha256;
  if (flags.output === "json") {
    const clock = isPaced ? "intended_send_time" : "send_time";
    const facts = { file: path, ...result, latency_from: clock, matches_reference: matches };
    process.stdout.write(`${JSON.stringify(facts)}\n`);
    return;
  }
  const { latency_ms: latency } = result;
  const from = isPaced ? "from intended send time" : "closed loop, from send time";
  const verdict = {
    true: "matches reference",
    false: "DIFFERS from reference",
    null: "no reference",
  };
  process.stdout.write(`${path}: ${result.messages} messages in ${result.frames} frames
market ${result.market}, accounts ${result.accounts.join(" and ")}, ${result.reports} reports
${result.messages_per_second} messages/s (${result.seconds} s)${again(result)}
latency ms (${from}): ${latencyText(latency)}
report stream ${result.report_sha256} ${verdict[`${matches}`]}
`);
}

function again({ reconnects, frames_resent: resent }: ReplayResult): string {
  return reconnects + resent === 0 ? "" : `, ${reconnects} reconnects, ${resent} frames resent`;
}

function make(args: readonly string[]): void {
  const [shape, seed, count, path] = args;
  const isWhole = (text: string | undefined): text is string => /^\d{1,9}$/.test(text ?? "");
  if (shape === undefined || path === undefined || !isWhole(seed) || !isWhole(count)) {
    throw usage("make takes SHAPE SEED N FILE");
  }
  const messages = makeFlow(shape, Number(seed), Number(count));
  if (messages === null) throw usage(`there is no shape "${shape}": ${SHAPE_NAMES.join(", ")}`);
  const bytes = writeWorkload(messages);
  const workload = readWorkload(bytes);
  if (typeof workload === "string") throw new ServiceEnd(EXIT_REFUSED, workload);
  const hash = hashThrough(workload, (genesisFrame) => new NaiveEngine(genesisFrame));
  writeFileSync(path, path.endsWith(".gz") ? Bun.gzipSync(bytes) : bytes);
  writeFileSync(`${path}.sha256`, `${hash}\n`);
  process.stdout.write(`${path}: ${workload.count} messages, report stream ${hash}\n`);
}

function latencyText(latency: ReplayResult["latency_ms"]): string {
  if (latency === null) return "nothing measured";
  const { p50, p90, p99, p999, max } = latency;
  return `p50 ${p50}  p90 ${p90}  p99 ${p99}  p99.9 ${p999}  max ${max}`;
}
