/**
 * Load: real input for a running venue: `bun run load replay FILE`, or `clob load replay FILE`.
 *
 * What a flow is: src/load/workload.ts. Exit codes as everywhere: 1 also for a report stream that
 * is not the reference's.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ClientError } from "../client/errors.ts";
import { callForm } from "../edges/call-form.ts";
import { NaiveEngine } from "../naive/naive-engine.ts";
import {
  EXIT_REFUSED,
  EXIT_UNREACHABLE,
  EXIT_OK,
  EXIT_USAGE,
  exitCodeOf,
  sentenceOf,
  ServiceEnd,
} from "../service/start.ts";
import { hashThrough } from "./engine-run.ts";
import { makeFlow, SHAPE_NAMES } from "./make-flow.ts";
import { type ReplayResult, replay } from "./replay.ts";
import { findTarget } from "./target.ts";
import { readWorkload, writeWorkload } from "./workload.ts";
import { loadWorkload, referenceHash } from "./workload-file.ts";

const HELP = `load replay FILE        sends an order flow into the running venue
  --config FILE          where addresses and directories stand [CLOB_CONFIG, or config.toml]
  --data DIR             the venue's data directory, with keys in it [CLOB_DATA, or of the config]
  --tcp HOST:PORT        order entry [CLOB_TCP, or of the config]
  --ingress URL          HTTP of ingress [CLOB_INGRESS, or of the config]
  --settlement URL       HTTP of settlement [CLOB_SETTLEMENT, or of the config]
  --operator FILE        operator's private key [keys/operator.pem in the data directory]
  --shard N              the lowest
  --times N              1: run it N times, each with a market of its own
  --batch B              1: commands per signed frame, at most 256
  --accounts 1|2         2: buys and sells by two accounts; 1 fills batches better
  --rate R               0: commands per second; 0 is as fast as answers come (closed loop)
  --window W             2048: commands on their way, at most
  --keep-book            leave what rests; otherwise it is cancelled at the end
  --journal DIR          keep a record in DIR, and go on from it after an interruption
  --reconnect-ms MS      30000: how long to try again after a lost connection
  -o json                print JSON, one value for each run

load make SHAPE SEED N FILE     writes a flow of N new orders, and FILE.sha256
  SHAPE                  ${SHAPE_NAMES.join(", ")}
`;

const OPTIONS = {
  config: { type: "string" },
  data: { type: "string" },
  tcp: { type: "string" },
  ingress: { type: "string" },
  settlement: { type: "string" },
  operator: { type: "string" },
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
  help: { type: "boolean", short: "h", default: false },
} as const;

type Flags = ReturnType<typeof readFlags>["values"];

/** Where answers go, and whether one has gone there. */
class Answers {
  readonly isJson: boolean;
  isGiven = false;

  constructor(argv: readonly string[]) {
    // Known before parsing, so that a usage error keeps the form too.
    this.isJson = /(?:^| )(?:-o ?|--output[= ])json(?: |$)/.test(argv.join(" "));
  }

  give(data: object, text: string): void {
    this.isGiven = true;
    process.stdout.write(this.isJson ? `${JSON.stringify(data)}\n` : text);
  }
}

/** The exit code; why it is not 0 was said. */
export async function runLoad(argv: readonly string[]): Promise<number> {
  const answers = new Answers(argv);
  try {
    await run(argv, answers);
    return EXIT_OK;
  } catch (error) {
    // With JSON asked for, stdout holds a value whatever happens.
    if (answers.isJson && !answers.isGiven) answers.give({ error: failureOf(error) }, "");
    process.stderr.write(`load: ${sentenceOf(error)}\n`);
    return exitCodeOf(error);
  }
}

async function run(argv: readonly string[], answers: Answers): Promise<void> {
  const { values, positionals } = readFlags(argv);
  const [verb, ...rest] = positionals;
  if (values.help || verb === undefined) answers.give({ text: HELP }, HELP);
  else if (verb === "replay") await runReplay(rest, values, answers);
  else if (verb === "make") make(rest, answers);
  else throw usage(`there is no "load ${verb}"`);
}

function failureOf(error: unknown): { code: string; message: string } {
  const exitCode = error instanceof ServiceEnd ? error.exitCode : EXIT_REFUSED;
  const code = { [EXIT_USAGE]: "usage", [EXIT_UNREACHABLE]: "unreachable" }[exitCode];
  return { code: code ?? "refused", message: sentenceOf(error) };
}

function readFlags(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : "unreadable flags");
  }
}

function usage(why: string): ServiceEnd {
  return new ServiceEnd(EXIT_USAGE, `${why}\nTry: ${callForm(process.env).clob} load --help`);
}

function numberIn(flags: Flags, name: keyof Flags, [low, high]: readonly [number, number]): number {
  const text = String(flags[name]);
  const value = /^\d+$/.test(text) ? Number(text) : -1;
  if (value < low || value > high) throw usage(`--${name} ${text} is not in ${low} to ${high}`);
  return value;
}

async function runReplay(files: readonly string[], flags: Flags, answers: Answers): Promise<void> {
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
    print(result, { path, reference, answers, isPaced: options.rate > 0 });
    if (reference !== null && reference !== result.report_sha256) differing++;
  }
  if (differing === 0) return;
  throw new ServiceEnd(
    EXIT_REFUSED,
    `${differing} of ${times} report streams are not the reference's`,
  );
}

function replayOptions(flags: Flags) {
  const { venue, operator } = findTarget(flags, process.env);
  return {
    venue: {
      ...venue,
      ...(flags.shard === undefined ? {} : { shard: numberIn(flags, "shard", [1, 65_534]) }),
    },
    operator,
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
  readonly path: string;
  readonly reference: string | null;
  readonly isPaced: boolean;
  readonly answers: Answers;
}

function print(result: ReplayResult, { path, reference, isPaced, answers }: Printing): void {
  const matches = reference === null ? null : reference === result.report_sha256;
  const clock = isPaced ? "intended_send_time" : "send_time";
  const facts = { file: path, ...result, latency_from: clock, matches_reference: matches };
  const { latency_ms: latency } = result;
  const from = isPaced ? "from intended send time" : "closed loop, from send time";
  const verdict = {
    true: "matches reference",
    false: "DIFFERS from reference",
    null: "no reference",
  };
  const text = `${path}: ${result.messages} messages in ${result.frames} frames
market ${result.market}, accounts ${result.accounts.join(" and ")}, ${result.reports} reports
${result.messages_per_second} messages/s (${result.seconds} s)${again(result)}
latency ms (${from}): ${latencyText(latency)}
report stream ${result.report_sha256} ${verdict[`${matches}`]}
`;
  answers.give(facts, text);
}

function again({ reconnects, frames_resent: resent }: ReplayResult): string {
  return reconnects + resent === 0 ? "" : `, ${reconnects} reconnects, ${resent} frames resent`;
}

function make(args: readonly string[], answers: Answers): void {
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
  const facts = { file: path, messages: workload.count, report_sha256: hash };
  answers.give(facts, `${path}: ${workload.count} messages, report stream ${hash}\n`);
}

function latencyText(latency: ReplayResult["latency_ms"]): string {
  if (latency === null) return "nothing measured";
  const { p50, p90, p99, p999, max } = latency;
  return `p50 ${p50}  p90 ${p90}  p99 ${p99}  p99.9 ${p999}  max ${max}`;
}
