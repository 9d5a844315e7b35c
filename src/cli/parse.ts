/**
 * Parse: from words to one command of the table and its arguments, or a UsageError that says what
 * was meant.
 */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { configFlagOptions } from "../edges/config-flags.ts";
import { didYouMean } from "../edges/config-suggest.ts";
import {
  Args,
  type CommandSpec,
  type OptionSpecs,
  type OptionValues,
  UsageError,
} from "./command.ts";
import { GLOBAL_OPTIONS } from "./global-options.ts";

/** `--log-tick-ms 500` and the like; see docs/CONFIG.md. */
const CONFIG_OPTIONS: OptionSpecs = Object.fromEntries(
  Object.keys(configFlagOptions("")).map((name) => [name, { value: "VALUE", help: "" }]),
);

const NEGATIVE = /^-[\d.]+$/;

export interface Call {
  /** Null: no command, or a group; then `words` says which. */
  readonly command: CommandSpec | null;
  readonly words: readonly string[];
  readonly args: Args;
}

/** Finds the command; `--help` and `--version` need none. */
export function parseCall(table: readonly CommandSpec[], argv: readonly string[]): Call {
  const places = wordPlaces(argv);
  const words = places.map((at) => argv[at]!);
  const two = table.find(({ name }) => name === words.slice(0, 2).join(" "));
  const command = two ?? table.find(({ name }) => name === words[0]);
  if (command === undefined) {
    const { values } = read(argv, GLOBAL_OPTIONS, "clob");
    const isGroup = table.some(({ name }) => name.startsWith(`${words[0] ?? ""} `));
    if (words.length > 0 && !isGroup) throw unknownCommand(table, words);
    const second = words[1];
    if (isGroup && second !== undefined) throw unknownCommand(table, words.slice(0, 2));
    return { command: null, words, args: new Args([], values) };
  }
  const size = command.name.split(" ").length;
  const taken = new Set(places.slice(0, size));
  const rest = argv.filter((_word, index) => !taken.has(index));
  if (command.isRaw === true) return { command, words, args: new Args(rest, {}) };
  const config = command.takesConfig === true ? CONFIG_OPTIONS : {};
  const options = { ...config, ...GLOBAL_OPTIONS, ...command.options };
  const { values, positionals } = read(rest, options, command.name);
  const args = new Args(positionals, values, configFlags(command, values));
  if (!args.flag("help")) {
    checkCount(command, positionals);
    checkChoices(options, args);
  }
  return { command, words, args };
}

/** What is neither ours nor of every command is for the config. */
function configFlags(command: CommandSpec, values: OptionValues): Record<string, string> {
  const flags: Record<string, string> = {};
  if (command.takesConfig !== true) return flags;
  for (const [name, value] of Object.entries(values)) {
    const isOurs = name in GLOBAL_OPTIONS || name in command.options;
    if (!isOurs && typeof value === "string") flags[name] = value;
  }
  return flags;
}

/** Indexes of the words that are neither options nor the values of global ones. */
function wordPlaces(argv: readonly string[]): number[] {
  const withValue = new Set<string>();
  for (const [name, option] of Object.entries(GLOBAL_OPTIONS)) {
    if (option.value === undefined) continue;
    withValue.add(`--${name}`);
    if (option.short !== undefined) withValue.add(`-${option.short}`);
  }
  const places: number[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (withValue.has(word)) i++;
    else if (!word.startsWith("-")) places.push(i);
  }
  return places;
}

function read(argv: readonly string[], specs: OptionSpecs, name: string) {
  const options: ParseArgsOptionsConfig = { version: { type: "boolean" } };
  for (const [option, { value, short }] of Object.entries(specs)) {
    const type = value === undefined ? "boolean" : "string";
    options[option] = short === undefined ? { type } : { type, short };
  }
  try {
    const { values, positionals } = parseArgs({
      args: argv.map((word) => withBareValue(word, specs)),
      options,
      allowPositionals: true,
      strict: true,
    });
    const single: Record<string, string | boolean | undefined> = {};
    for (const [option, value] of Object.entries(values)) {
      if (!Array.isArray(value)) single[option] = value;
    }
    return { values: single, positionals };
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0]! : String(error);
    const ambiguous = /Option '([^']+)' argument is ambiguous/.exec(why)?.[1];
    if (ambiguous !== undefined) {
      const flag = /--[^ ]+$/.exec(ambiguous)?.[0] ?? ambiguous;
      throw new UsageError(`${flag} takes a value, which cannot begin with "-"\n${seeHelp(name)}`);
    }
    const bare = /Option '(?:-\w, )?(--[^ ']+)[^']*' argument missing/.exec(why)?.[1];
    if (bare !== undefined) throw new UsageError(`${bare} takes a value\n${seeHelp(name)}`);
    const negative = argv.find((word) => NEGATIVE.test(word));
    if (negative !== undefined) {
      const no = `${negative} is negative; quantities and amounts have no sign`;
      throw new UsageError(`${no}\n${seeHelp(name)}`);
    }
    const unknown = /Unknown option '(?:--)?([^']+)'/.exec(why)?.[1];
    if (unknown === undefined) throw new UsageError(`${why}\n${seeHelp(name)}`);
    const meant = didYouMean(unknown, Object.keys(specs))
      .replaceAll('"', "")
      .replace("mean ", "mean --");
    throw new UsageError(`${name} has no option --${unknown}${meant}\n${seeHelp(name)}`);
  }
}

/** `--post-only` for `--post-only=reject`. */
function withBareValue(word: string, specs: OptionSpecs): string {
  const bare = word.startsWith("--") ? specs[word.slice(2)]?.bare : undefined;
  return bare === undefined ? word : `${word}=${bare}`;
}

function seeHelp(name: string): string {
  return `see: ${name === "clob" ? "" : "clob "}${name} --help`;
}

function checkCount(command: CommandSpec, positionals: readonly string[]): void {
  const { args, name } = command;
  const missing = args.find((arg, at) => arg.optional !== true && !positionals[at]);
  if (missing !== undefined) {
    throw new UsageError(`${name} needs ${missing.name}: ${missing.help}\n${seeHelp(name)}`);
  }
  const isOpen = args.at(-1)?.many === true;
  const extra = isOpen ? undefined : positionals[args.length];
  if (extra === undefined) return;
  throw new UsageError(`${name} does not know what to do with "${extra}"\n${seeHelp(name)}`);
}

function checkChoices(options: OptionSpecs, args: Args): void {
  for (const [name, { among }] of Object.entries(options)) {
    const value = args.text(name);
    if (among === undefined || value === undefined || among.includes(value)) continue;
    const meant = didYouMean(value, among);
    throw new UsageError(`--${name} is one of ${among.join(", ")}, not "${value}"${meant}`);
  }
}

function unknownCommand(table: readonly CommandSpec[], words: readonly string[]): UsageError {
  const text = words.slice(0, 2).join(" ");
  const first = words[0] ?? "";
  const names = table.map(({ name }) => name);
  const firsts = [...new Set(names.map((name) => name.split(" ")[0]!))];
  const meant = didYouMean(text, names) || didYouMean(first, firsts);
  return new UsageError(`there is no command "${text}"${meant}\nsee: clob --help`);
}
