/**
 * Service: how every process of ours begins and ends, so that knowing one is knowing all.
 *
 *   flags -> config -> (--help, --version, --print-config end here) -> main -> exit code
 *
 * Exit codes: 0 ok, 1 refused, 2 usage, 3 unreachable, 4 verification failed. What goes wrong is
 * one plain sentence on stderr, and a log line where there is a log.
 */
import { parseArgs } from "node:util";
import { BrokenPromise } from "../base/assert.ts";
import type { Config } from "../edges/config.ts";
import { formatConfigError } from "../edges/config-errors.ts";
import { configFlagOptions } from "../edges/config-flags.ts";
import { askedNotYet } from "../edges/config-not-yet.ts";
import { didYouMean } from "../edges/config-suggest.ts";
import { printConfig } from "../edges/config-print.ts";
import { readConfig } from "../edges/config-read.ts";
import { Fenced, LogFault, Unreachable } from "../edges/log.ts";
import { BUILD, VERSION } from "../edges/version.ts";

export const EXIT_OK = 0;
export const EXIT_REFUSED = 1;
export const EXIT_USAGE = 2;
export const EXIT_UNREACHABLE = 3;
export const EXIT_VERIFICATION = 4;

/** Ends the process with a sentence; thrown where a service finds that it cannot start or go on. */
export class ServiceEnd extends Error {
  override readonly name = "ServiceEnd";
  readonly exitCode: number;

  constructor(exitCode: number, sentence: string) {
    super(sentence);
    this.exitCode = exitCode;
  }
}

export interface ServiceSpec {
  readonly name: string;
  readonly role: "ingress" | "settlement" | "matcher" | undefined;
  /** First lines of the help text: what it is for, and its own arguments. */
  readonly about: string;
  /** Flags without a value, besides the common ones. */
  readonly switches: readonly string[];
  /** Flags with a value that are no key of the configuration. */
  readonly options?: readonly string[];
  readonly allowsPositionals: boolean;
}

export interface Started {
  readonly config: Config;
  readonly positionals: readonly string[];
  /** Switches that were given. */
  readonly switches: ReadonlySet<string>;
  /** The spec's own options that were given, with their values. */
  readonly options: ReadonlyMap<string, string>;
}

/** A process that has not begun to serve has nothing to drain. */
const exitAtOnce = (): never => process.exit(EXIT_OK);

/** From now on somebody else looks after SIGTERM and SIGINT. */
export function endEarlyExit(): void {
  process.off("SIGTERM", exitAtOnce);
  process.off("SIGINT", exitAtOnce);
}

const COMMON = ["help", "version", "print-config", "check"];

/** Reads flags and configuration; null when the process has said all it was asked for. */
export function startService(spec: ServiceSpec, argv: readonly string[]): Started | null {
  const { values, positionals } = readFlags(spec, argv);
  const switches = new Set(Object.keys(values).filter((name) => values[name] === true));
  if (switches.has("help")) return say(helpText(spec));
  if (switches.has("version")) return say(`${spec.name} ${VERSION} (${BUILD})`);
  const flags: Record<string, string> = {};
  const options = new Map<string, string>();
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== "string" || name === "config") continue;
    if (spec.options?.includes(name) === true) options.set(name, value);
    else flags[name] = value;
  }
  const file = typeof values["config"] === "string" ? values["config"] : undefined;
  const read = readConfig({ file, env: process.env, flags, role: spec.role });
  if (!read.ok) {
    throw new ServiceEnd(EXIT_USAGE, read.errors.map(formatConfigError).join("\n"));
  }
  const asked = askedNotYet(read.values);
  if (asked.length > 0) throw new ServiceEnd(EXIT_USAGE, asked.join("\n"));
  if (switches.has("print-config")) return say(printConfig(read.values).trimEnd());
  process.on("SIGTERM", exitAtOnce);
  process.on("SIGINT", exitAtOnce);
  return { config: read.config, positionals, switches, options };
}

interface Flags {
  readonly values: Record<string, string | boolean | undefined>;
  readonly positionals: string[];
}

function readFlags(spec: ServiceSpec, argv: readonly string[]): Flags {
  const options: Record<string, { type: "string" | "boolean" }> = {
    ...configFlagOptions(spec.role ?? ""),
    config: { type: "string" },
  };
  for (const name of [...COMMON, ...spec.switches]) options[name] = { type: "boolean" };
  for (const name of spec.options ?? []) options[name] = { type: "string" };
  try {
    const { allowsPositionals } = spec;
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (!allowsPositionals && positionals.length > 0) {
      throw new ServiceEnd(EXIT_USAGE, `${spec.name} takes no argument "${positionals[0]}"`);
    }
    return { values, positionals };
  } catch (error) {
    if (error instanceof ServiceEnd) throw error;
    const why = error instanceof Error ? error.message.split("\n")[0] : "unreadable flags";
    throw new ServiceEnd(EXIT_USAGE, `${spec.name}: ${plainly(why, options)}`);
  }
}

/** What node:util says about a flag, in a sentence with what was perhaps meant. */
function plainly(why: string | undefined, options: object): string {
  const unknown = /Unknown option '-*([^']+)'/.exec(why ?? "")?.[1];
  const meant = didYouMean(unknown ?? "", Object.keys(options)).replace('mean "', 'mean "--');
  const sentence = unknown === undefined ? why : `there is no flag --${unknown}${meant}`;
  return `${sentence}\nTry --help`;
}

function helpText(spec: ServiceSpec): string {
  return `${spec.about}

  --config FILE      default config.toml; every key of it has a flag, see docs/CONFIG.md
  --print-config     show each value and where it comes from, then end
  --check            try everything, bind nothing, then end
  --version          show version and build, then end
  --help             show this, then end`;
}

function say(text: string): null {
  process.stdout.write(`${text}\n`);
  return null;
}

/** Runs `main` and ends the process as its outcome says. For main.ts, once per process. */
export async function endWith(name: string, main: () => Promise<void>): Promise<never> {
  try {
    await main();
    process.exit(EXIT_OK);
  } catch (error) {
    process.stderr.write(`${name}: ${sentenceOf(error)}\n`);
    process.exit(exitCodeOf(error));
  }
}

/** What went wrong, for people. A broken promise of ours shows where. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isExpected =
    error instanceof ServiceEnd || error instanceof LogFault || error instanceof Fenced;
  if (isExpected || error.name === "Halt" || error.name === "KeyFileError") return error.message;
  if (isOfSystem(error)) return error.message;
  return error instanceof BrokenPromise ? `${error.stack}` : (error.stack ?? error.message);
}

/** A full disk, a directory that may not be written: nothing of ours to trace. */
function isOfSystem(error: Error): boolean {
  return "syscall" in error && "code" in error && /^E[A-Z]+$/.test(String(error.code));
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof Unreachable) return EXIT_UNREACHABLE;
  return error instanceof ServiceEnd ? error.exitCode : EXIT_REFUSED;
}

/**
 * For each HTTP server: nobody is shown a trace, and a port is never shared. Outside of development
 * Bun.serve shares it with whoever asks for the same one, unless told not to.
 */
export const IN_PRODUCTION = { development: false, reusePort: false } as const;

/** Opens a listener; a port that is taken becomes a sentence that names its flag. */
export function listening<T>(address: string, flag: string, listen: () => T): T {
  try {
    return listen();
  } catch (error) {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (!isTaken) throw error;
    throw new ServiceEnd(
      EXIT_REFUSED,
      `${address} is taken by another process; choose another with ${flag} HOST:PORT`,
    );
  }
}
