/**
 * Run: one call of `clob`, from its words to an exit code. Data goes to stdout, notes to stderr.
 *
 *   0 ok    1 refused    2 usage    3 unreachable    4 verification failed
 *
 * With `-o json` stdout holds exactly one JSON value whatever happens: the data, or {"error": ...}.
 */
import { ClientError } from "../client/errors.ts";
import { type CallForm, callForm } from "../edges/call-form.ts";
import { KeyFileError } from "../edges/keys.ts";
import { Fenced, LogFault } from "../edges/log.ts";
import { BUILD, VERSION } from "../edges/version.ts";
import { ServiceEnd } from "../service/start.ts";
import { Cli, type Io } from "./cli.ts";
import { type Answer, type CommandSpec, UsageError } from "./command.ts";
import { EXIT_OK, EXIT_REFUSED, EXIT_UNREACHABLE, EXIT_USAGE } from "./exit-codes.ts";
import { helpOf } from "./help.ts";
import { type Call, parseCall } from "./parse.ts";

/** Codes of the client that mean: nobody answered, or not in time. */
const UNREACHABLE: readonly string[] = ["unreachable", "unknown_outcome", "aborted", "closed"];

export async function runCli(
  table: readonly CommandSpec[],
  argv: readonly string[],
  io: Io,
): Promise<number> {
  // Known before parsing, so that a usage error keeps the form too.
  const isJson = asksForJson(argv);
  try {
    const call = parseCall(table, argv);
    const said = call.args.flag("version") ? versionText() : helpWanted(table, call);
    if (said !== null) {
      show({ data: { text: said }, text: said }, isJson, io);
      return call.command === null ? groupCode(call) : EXIT_OK;
    }
    if (call.command === null) return EXIT_OK;
    const answer = await call.command.run(new Cli(io, call.args), call.args);
    if (call.command.isRaw !== true) show(answer, isJson, io);
    return answer.exitCode ?? EXIT_OK;
  } catch (error) {
    return explain(failureOf(error, io), isJson, io);
  }
}

function versionText(): string {
  return `clob ${VERSION} (${BUILD})`;
}

function helpWanted(table: readonly CommandSpec[], { command, words, args }: Call): string | null {
  if (command !== null && !args.flag("help")) return null;
  return helpOf(table, command, words);
}

/** A group without a command is only right with --help. */
function groupCode({ args, words }: Call): number {
  const isAsked = args.flag("help") || args.flag("version") || words.length === 0;
  return isAsked ? EXIT_OK : EXIT_USAGE;
}

function asksForJson(argv: readonly string[]): boolean {
  return argv.some(
    (word, index) =>
      word === "--output=json" ||
      word === "-ojson" ||
      (word === "json" && ["-o", "--output"].includes(argv[index - 1] ?? "")),
  );
}

function show({ data, text }: Answer, isJson: boolean, io: Io): void {
  if (isJson) io.out(`${JSON.stringify(data)}\n`);
  else if (text !== "") io.out(`${text}\n`);
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly exitCode: number;
  readonly more: object;
}

function explain({ code, message, exitCode, more }: Failure, isJson: boolean, io: Io): number {
  if (isJson) io.out(`${JSON.stringify({ error: { code, message, ...more } })}\n`);
  else io.err(`clob: ${message}\n`);
  return exitCode;
}

function hintFor(code: string, { clob, start }: CallForm): string {
  if (code === "unreachable") return `\nIs the venue running? Start it with: ${start}`;
  if (code === "aborted") return `\nNothing was sent. Does the venue go on? See: ${clob} status`;
  const look = `see ${clob} orders and ${clob} fills`;
  return code === "unknown_outcome" ? `\nWhat became of it is not known: ${look}` : "";
}

function failureOf(error: unknown, { env }: Io): Failure {
  if (error instanceof ClientError) {
    const { code, message, retryable, stated, limit } = error;
    const isAway = UNREACHABLE.includes(code);
    const hint = hintFor(code, callForm(env));
    const exitCode = isAway ? EXIT_UNREACHABLE : EXIT_REFUSED;
    return { code, message: message + hint, exitCode, more: { retryable, stated, limit } };
  }
  const message = error instanceof Error ? error.message : String(error);
  const failure = (code: string, exitCode: number): Failure => ({
    code,
    message,
    exitCode,
    more: {},
  });
  if (error instanceof UsageError) return failure("usage", EXIT_USAGE);
  if (error instanceof ServiceEnd) return failure("refused", error.exitCode);
  if (error instanceof KeyFileError) return failure("key_file", EXIT_REFUSED);
  if (error instanceof LogFault || error instanceof Fenced) return failure("log", EXIT_REFUSED);
  if (error instanceof Error && "syscall" in error) return failure("system", EXIT_REFUSED);
  throw error;
}
