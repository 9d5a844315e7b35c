/**
 * Help: the text for the whole, for a group and for one command, all from the table.
 */
import type { CommandSpec, OptionSpec, OptionSpecs } from "./command.ts";
import { GLOBAL_OPTIONS } from "./global-options.ts";

const COLUMN = 26;

export function helpOf(
  table: readonly CommandSpec[],
  command: CommandSpec | null,
  words: readonly string[],
): string {
  if (command !== null) return commandHelp(command);
  const group = words[0];
  const listed =
    group === undefined ? table : table.filter(({ name }) => name.startsWith(`${group} `));
  const head =
    group === undefined
      ? "clob: trade at a verifiable exchange, and check that it told the truth"
      : `clob ${group}`;
  const lines = listed.map((one) => row(usage(one), one.about));
  const more = [
    "Every command takes --help, -o json, --key, --data, --config and addresses; see any --help.",
    "Exit codes: 0 ok, 1 refused, 2 usage, 3 unreachable, 4 verification failed.",
  ];
  return [head, "", ...lines, "", ...more].join("\n");
}

function commandHelp(command: CommandSpec): string {
  const { args, options, examples } = command;
  const parts = [`clob ${usage(command)}`, "", `  ${command.about}`];
  if (args.length > 0) {
    parts.push("", "Arguments:", ...args.map(({ name, help }) => row(name, help)));
  }
  if (Object.keys(options).length > 0) parts.push("", "Options:", ...optionRows(options));
  if (command.takesConfig === true) {
    parts.push("", "Every key of the config has an option too, such as --log-tick-ms 500.");
  }
  if (command.isRaw !== true) parts.push("", "Everywhere:", ...optionRows(GLOBAL_OPTIONS));
  parts.push("", "Examples:", ...examples.map((example) => `  ${example}`));
  return parts.join("\n");
}

/** `order buy MARKET QUANTITY [options]` */
export function usage({ name, args, options }: CommandSpec): string {
  const words = args.map((arg) => {
    const text = arg.many === true ? `${arg.name}...` : arg.name;
    return arg.optional === true ? `[${text}]` : text;
  });
  const more = Object.keys(options).length > 0 ? ["[options]"] : [];
  return [name, ...words, ...more].join(" ");
}

/** `-o, --output FORM` */
export function optionUsage(name: string, { short, value, bare }: OptionSpec): string {
  const given = bare === undefined ? ` ${value}` : `[=${value}]`;
  const long = value === undefined ? `--${name}` : `--${name}${given}`;
  return short === undefined ? long : `-${short}, ${long}`;
}

function optionRows(options: OptionSpecs): string[] {
  return Object.entries(options).map(([name, option]) =>
    row(optionUsage(name, option), optionHelp(option)),
  );
}

export function optionHelp({ help, among, bare }: OptionSpec): string {
  const usual = bare === undefined ? "" : ` [${bare}]`;
  return among === undefined ? help : `${help}${usual} (${among.join(", ")})`;
}

function row(left: string, right: string): string {
  const text = `  ${left.padEnd(COLUMN)}  ${right}`;
  return left.length <= COLUMN ? text : `  ${left}\n  ${"".padEnd(COLUMN)}  ${right}`;
}
