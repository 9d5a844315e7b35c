/**
 * Config docs: docs/CONFIG.md, made from the rows. A test compares the file with this text.
 *
 *   bun src/edges/config-docs.ts > docs/CONFIG.md
 */
import { longFlag } from "./config-flags.ts";
import { REPEATED_SECTIONS, type Row } from "./config-row.ts";
import { ROWS } from "./config-schema.ts";
import { describeKind } from "./config-value.ts";

const INTRODUCTION = `# Configuration

Made from the table in \`src/edges/config-schema*.ts\`; change it there, then run
\`bun src/edges/config-docs.ts > docs/CONFIG.md\`.

Flags beat environment beat file beat defaults. The file is named by \`--config FILE\`, else by
the variable \`CLOB_CONFIG\`, else it is \`config.toml\` in the working directory. An unknown key, a
bad value, a missing file or a contradiction is an error that names file, line, key and what is
allowed; all errors are told at once. \`--print-config\` shows each value with its source, secrets
as \`***\`; \`--check\` tries everything and binds nothing.

**not yet** marks what nothing reads so far: another value than the default is an error.

**genesis** marks what results depend on. \`clob init\` copies it into the log's genesis, and from
then on no service reads it here; later additions count only after
\`clob admin apply config.toml\`.

Every key of a plain section has a flag made of section and key, such as \`--log-tick-ms 500\`,
except secrets, because a process list shows flags. \`--http\` is the HTTP address of the service
that is started. An empty variable counts as absent. Every listener binds 127.0.0.1 unless told
otherwise.

Decimals are texts, \`"0.01"\`, and never floats. Two numbers of each market are derived from them
and must be whole:

    lot_units  = lot x 10^base_decimals              units of base in one lot, below 2^53
    tick_value = tick x lot x 10^quote_decimals      units of quote in 1 tick x 1 lot, below 2^32
`;

const SECTION_NOTES: Readonly<Record<string, string>> = {
  asset: "One for each asset.",
  market: "One for each market, or for a range of markets that differ by id and symbol only.",
  shard: "One for each shard. Ids without a market yet are kept for later ones.",
};

export function configDocs(): string {
  const sections = [...new Set(ROWS.map((row) => row.section))];
  return [INTRODUCTION, ...sections.map(describeSection), describeEnv()].join("\n");
}

function describeSection(section: string): string {
  const isRepeated = REPEATED_SECTIONS.includes(section);
  const title = isRepeated ? `[[${section}]]` : `[${section}]`;
  const note = SECTION_NOTES[section];
  const rows = ROWS.filter((row) => row.section === section).map(describeRow);
  const head = ["| key | allowed | default | meaning |", "| --- | --- | --- | --- |"];
  const notes = note === undefined ? [] : [note, ""];
  return [`## ${title}`, "", ...notes, ...head, ...rows, ""].join("\n");
}

function describeRow(row: Row): string {
  const fallback = row.fallback === undefined ? "required" : showFallback(row.fallback);
  const extras = [
    row.genesis === true ? "**genesis**" : "",
    row.notYet === true ? "**not yet**" : "",
    row.secret === true ? "**secret**" : "",
    row.env === undefined ? "" : `env \`${row.env}\``,
    row.flag === undefined ? "" : `flag \`--${row.flag}\``,
  ].filter((extra) => extra !== "");
  const meaning = [row.doc, ...extras].join(" · ");
  const allowed = describeKind(row.kind).replaceAll("|", "\\|");
  return `| \`${row.key}\` | ${allowed} | ${fallback} | ${meaning} |`;
}

function showFallback(value: string | number | boolean): string {
  return value === "" ? "empty" : `\`${String(value)}\``;
}

function describeEnv(): string {
  const rows = ROWS.filter((row) => row.env !== undefined);
  const lines = rows.map((row) => {
    const flag = row.secret === true ? "none" : `\`--${longFlag(row)}\``;
    return `| \`${row.env}\` | \`${row.section}.${row.key}\` | ${flag} |`;
  });
  const file = "| `CLOB_CONFIG` | the file itself | `--config` |";
  const head = ["| variable | key | flag |", "| --- | --- | --- |", file];
  return ["## Environment", "", ...head, ...lines, ""].join("\n");
}

if (import.meta.main) process.stdout.write(configDocs());
