/**
 * Config values: flags over environment over file over defaults, each checked, each with its
 * origin. Everything that is wrong is collected; nothing stops at the first error.
 *
 *   "log.kind"        -> value, origin       a key of a plain section
 *   "market[2].tick"  -> value, origin       a key of the second [[market]]
 *
 * A path that is absent here had an error of its own, already told.
 */
import { assert } from "../base/assert.ts";
import type { ConfigError, Origin } from "./config-errors.ts";
import type { FileEntry, FileRead, FileTable } from "./config-file.ts";
import { flagsOf } from "./config-flags.ts";
import { REPEATED_SECTIONS, type Row, type Value } from "./config-row.ts";
import { ROWS } from "./config-schema.ts";
import { didYouMean } from "./config-suggest.ts";
import { checkFileValue, checkTextValue, describeKind, isRefusal } from "./config-value.ts";

export interface ConfigInputs {
  readonly file: string;
  readonly read: FileRead;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: Readonly<Record<string, string>>;
  readonly role: string;
}

const SECTIONS: readonly string[] = [...new Set(ROWS.map((row) => row.section))];
const DEFAULT: Origin = { source: "default", line: null };

export class ConfigValues {
  readonly errors: ConfigError[] = [];
  private readonly file: string;
  private readonly values = new Map<string, Value>();
  private readonly origins = new Map<string, Origin>();
  private readonly counts = new Map<string, number>();

  constructor(inputs: ConfigInputs) {
    const { file, read } = inputs;
    this.file = file;
    for (const entry of read.strays) this.refuseStray(file, entry);
    for (const table of read.tables) this.readTable(file, table);
    for (const row of ROWS) {
      if (REPEATED_SECTIONS.includes(row.section)) continue;
      this.readEnv(row, inputs.env);
    }
    this.readFlags(inputs);
    for (const row of ROWS) {
      if (REPEATED_SECTIONS.includes(row.section)) continue;
      this.fill(row, row.section, { source: file, line: null });
    }
  }

  /** Tables of a repeated section, whether right or wrong. */
  count(section: string): number {
    return this.counts.get(section) ?? 0;
  }

  has(path: string): boolean {
    return this.values.has(path);
  }

  /** True if every key of the table has a value. */
  isWhole(section: string, index: number): boolean {
    return ROWS.every(
      (row) => row.section !== section || this.has(`${section}[${index}].${row.key}`),
    );
  }

  get(path: string): Value {
    const value = this.values.get(path);
    assert(value !== undefined, "only values without errors are asked for, by the schema's names");
    return value;
  }

  integer(path: string): number {
    const value = this.get(path);
    assert(typeof value === "number", "the schema calls this key an integer");
    return value;
  }

  text(path: string): string {
    const value = this.get(path);
    assert(typeof value === "string", "the schema calls this key a text");
    return value;
  }

  boolean(path: string): boolean {
    const value = this.get(path);
    assert(typeof value === "boolean", "the schema calls this key a boolean");
    return value;
  }

  origin(path: string): Origin {
    return this.origins.get(path) ?? DEFAULT;
  }

  complain(path: string, problem: string, allowed: string): void {
    const origin = this.origins.get(path) ?? { source: this.file, line: null };
    this.errors.push({ ...origin, key: path, problem, allowed });
  }

  private refuseStray(file: string, entry: FileEntry): void {
    const isSection = SECTIONS.includes(entry.key);
    this.errors.push({
      source: file,
      line: entry.line,
      key: entry.key,
      problem: isSection ? "is a section, not a key" : "stands outside of any section",
      allowed: isSection ? headerOf(entry.key) : SECTIONS.map(headerOf).join(" "),
    });
  }

  private readTable(file: string, table: FileTable): void {
    const { section } = table;
    const origin = { source: file, line: table.line };
    if (!SECTIONS.includes(section)) {
      const problem = `unknown section${didYouMean(section, SECTIONS)}`;
      const allowed = SECTIONS.map(headerOf).join(" ");
      this.errors.push({ ...origin, key: section, problem, allowed });
      return;
    }
    const isRepeated = REPEATED_SECTIONS.includes(section);
    if (table.isRepeated !== isRepeated) {
      const problem = `written as ${table.isRepeated ? "[[ ]]" : "[ ]"}`;
      this.errors.push({ ...origin, key: section, problem, allowed: headerOf(section) });
      return;
    }
    const place = isRepeated ? `${section}[${table.index}]` : section;
    this.counts.set(section, table.index);
    this.origins.set(place, origin);
    for (const entry of table.entries) this.readEntry(file, place, { section, ...entry });
    if (isRepeated)
      for (const row of ROWS) if (row.section === section) this.fill(row, place, origin);
  }

  private readEntry(file: string, place: string, entry: FileEntry & { section: string }): void {
    const origin = { source: file, line: entry.line };
    const keys = ROWS.filter((row) => row.section === entry.section);
    const row = keys.find((candidate) => candidate.key === entry.key);
    const path = `${place}.${entry.key}`;
    if (row === undefined) {
      const names = keys.map((candidate) => candidate.key);
      const problem = `unknown key${didYouMean(entry.key, names)}`;
      this.errors.push({ ...origin, key: path, problem, allowed: names.join(", ") });
      return;
    }
    this.take({ row, path, origin }, checkFileValue(row, entry.value));
  }

  /** An empty variable counts as absent: that is how containers unset one. */
  private readEnv(row: Row, env: ConfigInputs["env"]): void {
    const text = row.env === undefined ? undefined : env[row.env];
    if (text === undefined || text === "") return;
    const origin = { source: `env ${row.env}`, line: null };
    this.take({ row, path: `${row.section}.${row.key}`, origin }, checkTextValue(row, text));
  }

  private readFlags(inputs: ConfigInputs): void {
    const known = flagsOf(inputs.role);
    for (const [name, text] of Object.entries(inputs.flags)) {
      const origin = { source: `flag --${name}`, line: null };
      const row = known.get(name);
      if (row === undefined) {
        const problem = `unknown flag${didYouMean(name, [...known.keys()])}`;
        this.errors.push({ ...origin, key: "", problem, allowed: "see --help" });
      } else {
        this.take({ row, path: `${row.section}.${row.key}`, origin }, checkTextValue(row, text));
      }
    }
  }

  private take(
    at: { row: Row; path: string; origin: Origin },
    value: ReturnType<typeof checkTextValue>,
  ) {
    this.origins.set(at.path, at.origin);
    if (!isRefusal(value)) {
      this.values.set(at.path, value);
      return;
    }
    this.values.delete(at.path);
    this.complain(at.path, value.problem, describeKind(at.row.kind));
  }

  /** The default, or the error that there is none. A key that had its error stays absent. */
  private fill(row: Row, place: string, origin: Origin): void {
    const path = `${place}.${row.key}`;
    if (this.values.has(path) || this.origins.has(path)) return;
    if (row.fallback !== undefined) {
      this.values.set(path, row.fallback);
      return;
    }
    const allowed = describeKind(row.kind);
    this.errors.push({ ...origin, key: path, problem: "missing, and has no default", allowed });
  }
}

function headerOf(section: string): string {
  return REPEATED_SECTIONS.includes(section) ? `[[${section}]]` : `[${section}]`;
}
