/**
 * Config file: TOML text as a flat list of tables, each key with the line it stands on.
 *
 * The only importer of smol-toml. The library gives positions for syntax errors only, so the
 * lines of keys come from our own scan of the text (config-lines.ts). Integers arrive as bigint
 * and floats as number, so that `1.0` is never taken for an integer.
 */
import { parse, TomlError } from "smol-toml";
import { type KeyLines, scanKeyLines } from "./config-lines.ts";

export interface FileEntry {
  readonly key: string;
  readonly value: unknown;
  readonly line: number | null;
}

/** One `[section]` or one `[[section]]`. */
export interface FileTable {
  readonly section: string;
  readonly isRepeated: boolean;
  /** Counted from 1 among the tables of its section. */
  readonly index: number;
  readonly line: number | null;
  readonly entries: readonly FileEntry[];
}

export interface FileRead {
  readonly tables: readonly FileTable[];
  /** Keys that stand outside of any section. */
  readonly strays: readonly FileEntry[];
  readonly syntaxError: { readonly line: number; readonly message: string } | null;
}

export function readToml(text: string): FileRead {
  try {
    const root: unknown = parse(text, { integersAsBigInt: true, unsafeKeyBehaviour: "throw" });
    return readTables(root as Record<string, unknown>, scanKeyLines(text));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const message = error.message.split("\n")[0] ?? "";
    const syntaxError = { line: error.line, message: message.replace(/^[^:]*: /, "") };
    return { tables: [], strays: [], syntaxError };
  }
}

function readTables(root: Record<string, unknown>, lines: KeyLines): FileRead {
  const tables: FileTable[] = [];
  const strays: FileEntry[] = [];
  for (const [section, value] of Object.entries(root)) {
    const repeated = Array.isArray(value) && value.length > 0 && value.every(isTable);
    if (repeated) {
      for (const [at, table] of value.entries()) {
        tables.push(readTable({ section, isRepeated: true, index: at + 1 }, table, lines));
      }
    } else if (isTable(value)) {
      tables.push(readTable({ section, isRepeated: false, index: 1 }, value, lines));
    } else {
      strays.push({ key: section, value, line: lines.get(section) ?? null });
    }
  }
  return { tables, strays, syntaxError: null };
}

type TableName = Pick<FileTable, "section" | "isRepeated" | "index">;

function readTable(name: TableName, table: Record<string, unknown>, lines: KeyLines): FileTable {
  const place = `${name.section}[${name.index}]`;
  const line = lines.get(place) ?? null;
  const entries = Object.entries(table).map(([key, value]) => ({
    key,
    value,
    line: lines.get(`${place}.${key}`) ?? line,
  }));
  return { ...name, line, entries };
}

function isTable(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  return !Array.isArray(value) && !(value instanceof Date);
}
