/**
 * CliDocs: docs/CLI.md, made from the command table. `bun src/cli/cli-docs.ts > docs/CLI.md`
 */
import { COMMANDS } from "./commands.ts";
import type { CommandSpec, OptionSpecs } from "./command.ts";
import { GLOBAL_OPTIONS, VARIABLES } from "./global-options.ts";
import { optionHelp, optionUsage, usage } from "./help.ts";

const HEAD = `# The clob command

Made from the table in \`src/cli/commands.ts\`; change it there, then run
\`bun src/cli/cli-docs.ts > docs/CLI.md\`.

Run it with \`bun run clob ...\` or, by npm, \`npm run -s clob -- ...\` (without
-s npm writes two lines of its own to stdout). Data goes to stdout, notes to
stderr. With \`-o json\` stdout holds one JSON value whatever happens: the data, or
\`{"error": {"code", "message", ...}}\` with the codes of the protocol; \`book --watch\` then
writes one value a line. Prices, quantities and amounts are decimals and never rounded.

| exit code | meaning |
| --- | --- |
| 0 | ok |
| 1 | refused: by the venue, or here; the message says why |
| 2 | the call is wrong |
| 3 | nobody answers, or the outcome is not known |
| 4 | verification failed: the export is not true |

A key file is a PKCS#8 PEM, as \`clob keygen\` or openssl makes it. Which account it has stands in
FILE.json beside it, or in the demo's demo.json, or is asked of the venue. The demo's own trader is
used where no key is named, so that trading works at once. A command that trades logs on by its
key, and a cancel on disconnect holds for the key's last logon only: a bot that relies on it needs a
key of its own.
`;

export function cliDocs(): string {
  const globals = [
    "## Options of every command",
    "",
    optionTable(GLOBAL_OPTIONS),
    "",
    "| variable | meaning |",
    "| --- | --- |",
    ...VARIABLES.map(([name, meaning]) => `| \`${name.replaceAll(", ", "`, `")}\` | ${meaning} |`),
  ].join("\n");
  return [HEAD, globals, "", ...COMMANDS.map(section)].join("\n");
}

function section(command: CommandSpec): string {
  const { about, args, options, examples } = command;
  const parts = [`## clob ${usage(command).replace(" [options]", "")}`, "", `${about}.`, ""];
  if (args.length > 0) parts.push(...args.map(({ name, help }) => `* ${name}: ${help}`), "");
  if (Object.keys(options).length > 0) parts.push(optionTable(options), "");
  if (command.takesConfig === true) {
    parts.push("Every key of the config has an option too; see [CONFIG.md](CONFIG.md).", "");
  }
  parts.push("```sh", ...examples, "```", "");
  return parts.join("\n");
}

function optionTable(options: OptionSpecs): string {
  const rows = Object.entries(options).map(
    ([name, option]) =>
      `| \`${optionUsage(name, option)}\` | ${optionHelp(option).replaceAll("|", "\\|")} |`,
  );
  return ["| option | meaning |", "| --- | --- |", ...rows].join("\n");
}

if (import.meta.main) process.stdout.write(cliDocs());
