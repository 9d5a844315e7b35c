/**
 * The door to all figures: `bun run bench [NAME...] [--json]`, `bun run bench conformance FILE...`
 *
 *   core           matching through apply, and price levels alone
 *   verification   Ed25519, every way
 *   codec          frames, records, reports, packets
 *   log            appends to both logs
 *   hops           what each hop of an order costs, pack sizes by load, bytes through Redis
 *   export         records/s into an export, and bytes per order there
 *   end-to-end     signed orders through a running venue
 *   ...            and every other bench/NAME.bench.ts
 *
 * Small sizes unless BENCH=full: those show that everything runs, not how fast. Each bench is a
 * process of its own, so that none warms up or clutters another. --json writes the lines to
 * bench/results/<date>-<commit>.json, or below the folder that BENCH_RESULTS names.
 */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { basename, join } from "node:path";
import { conformance } from "./conformance.ts";

interface Outcome {
  readonly name: string;
  readonly lines: readonly string[];
  readonly seconds: number;
  readonly exit_code: number;
}

/** What people call them, where the file is called otherwise. */
const ALIASES: Readonly<Record<string, string>> = { verification: "verify" };
/** Without a name these run first, in this order. */
const FIRST = ["core", "levels", "verify", "codec", "log", "hops", "end-to-end"];

const root = join(import.meta.dir, "..");
const size = process.env["BENCH"] === "full" ? "full" : "smoke";

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === "conformance") return conformance(args.slice(1));
  const wanted = args.filter((arg) => !arg.startsWith("-")).map((name) => ALIASES[name] ?? name);
  const names = benchNames();
  const unknown = wanted.find((name) => !names.includes(name));
  const flag = args.find((arg) => arg.startsWith("-") && arg !== "--json");
  if (unknown !== undefined || flag !== undefined) {
    console.error(`no bench "${unknown ?? flag}"; there are: ${names.join(", ")}, conformance`);
    return 2;
  }
  const machine = await machineFacts();
  for (const [key, value] of Object.entries(machine)) console.log(`${key.padEnd(8)} ${value}`);
  const outcomes: Outcome[] = [];
  for (const name of wanted.length === 0 ? names : wanted) outcomes.push(await runBench(name));
  if (args.includes("--json")) writeResults(machine, outcomes);
  return outcomes.every((outcome) => outcome.exit_code === 0) ? 0 : 1;
}

/** All of bench/NAME.bench.ts. */
function benchNames(): string[] {
  const ending = ".bench.ts";
  const all = readdirSync(import.meta.dir)
    .filter((file) => file.endsWith(ending))
    .map((file) => basename(file, ending));
  const rank = (name: string): number =>
    (FIRST.indexOf(name) + FIRST.length + 1) % (FIRST.length + 1);
  return all.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

async function runBench(name: string): Promise<Outcome> {
  console.log(`\n== ${name}, ${size} ==`);
  const from = performance.now();
  const file = join(import.meta.dir, `${name}.bench.ts`);
  const child = Bun.spawn([process.execPath, file, size], {
    cwd: root,
    stdout: "pipe",
    stderr: "inherit",
  });
  const lines: string[] = [];
  for await (const line of linesOf(child.stdout)) {
    console.log(line);
    lines.push(line);
  }
  const exitCode = await child.exited;
  const seconds = Math.round((performance.now() - from) / 100) / 10;
  if (exitCode !== 0) console.log(`${name} ended with exit code ${exitCode}`);
  return { name, lines, seconds, exit_code: exitCode };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

async function machineFacts(): Promise<Record<string, string>> {
  const [cpu] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return {
    machine: `${cpu?.model ?? "unknown"}, ${cpus().length} cores, ${memory}`,
    bun: Bun.version,
    commit: await said(["git", "describe", "--always", "--dirty", "--abbrev=12"]),
    date: new Date().toISOString().slice(0, 10),
    size,
  };
}

async function said(command: string[]): Promise<string> {
  const child = Bun.spawn(command, { cwd: root, stdout: "pipe", stderr: "ignore" });
  const text = await new Response(child.stdout).text();
  return (await child.exited) === 0 ? text.trim() : "unknown";
}

function writeResults(machine: Record<string, string>, benches: readonly Outcome[]): void {
  const dir = process.env["BENCH_RESULTS"] ?? join(import.meta.dir, "results");
  mkdirSync(dir, { recursive: true });
  const path = join(dir, `${machine["date"]}-${machine["commit"]}.json`);
  writeFileSync(path, `${JSON.stringify({ ...machine, benches }, null, 2)}\n`);
  console.log(`\nwritten to ${path}`);
}
