/**
 * Fills docs/PROTOCOL.md: what stands between a begin mark and its end mark is made from the
 * message table, the codes and the golden vectors; everything else is prose and stays.
 *
 *   <!-- begin: message new_order -->  table and example  <!-- end -->
 *
 * Marks: message NAME [report kind], codes, names TITLE, keys, packets, frame POSITION, notes.
 */
import * as names from "../src/protocol/code-names.ts";
import { REJECT_CODES } from "../src/protocol/codes.ts";
import type { Field, Message, Names } from "../src/protocol/message-form.ts";
import { messageNamed } from "../src/protocol/message-table.ts";
import type {
  FrameVector,
  MessageVector,
  ProtocolVectors,
} from "../test/vectors/make-protocol-vectors.ts";

const BLOCK = /(<!-- begin: ([a-z_]+) ?([^>]*?) -->\n)[\s\S]*?(<!-- end -->)/g;
const HEX_COLUMNS = 18;
const FRAME_LINE = 64;

/** The same document with every block as it must be. */
export function fillProtocolDoc(text: string, vectors: ProtocolVectors): string {
  return text.replace(BLOCK, (...found: readonly string[]) => {
    const [, begin = "", kind = "", of = "", end = ""] = found;
    return `${begin}${blockOf(kind, of, vectors)}\n${end}`;
  });
}

function blockOf(kind: string, of: string, vectors: ProtocolVectors): string {
  switch (kind) {
    case "message":
      return messageBlock(of, vectors);
    case "codes":
      return codesBlock();
    case "names":
      return namesBlock(of);
    case "keys":
      return keysBlock(vectors);
    case "packets":
      return packetsBlock(vectors);
    case "frame":
      return frameBlock(Number(of), vectors);
    case "notes":
      return fenced(`${vectors.notes.input}\n${vectors.notes.state}`.trimEnd());
    default:
      throw new Error(`no block of kind ${kind}`);
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

function fenced(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``;
}

function messageBlock(of: string, vectors: ProtocolVectors): string {
  const [name = "", reportKind = ""] = of.split(" ");
  const message = messageNamed(name);
  const size = message.size === 1 ? "1 byte" : `${message.size} bytes`;
  const head = `**${name}**, ${size}: ${message.says}.`;
  const rows = message.fields.map((field) => [
    String(field.at),
    String(field.size),
    field.name,
    field.type === "zero" ? "" : field.type,
    meaningOf(field),
  ]);
  const fields = table(["offset", "size", "field", "type", "meaning"], rows);
  const example = exampleOf(message, vectorFor(name, reportKind, vectors));
  return [head, "", fields, "", fenced(example)].join("\n");
}

function meaningOf({ says, names: named, type }: Field): string {
  const isShort = named.length > 0 && named.length <= 8;
  const listed = isShort ? named.map(([value, name]) => `${value} ${name}`).join(", ") : "";
  const prefix = type === "bits" ? "bits: " : "";
  return [says, listed === "" ? "" : prefix + listed].filter((part) => part !== "").join("; ");
}

/** One line a field: its bytes, its name, its value. */
export function exampleOf(message: Message, vector: MessageVector): string {
  const lines = message.fields.map((field) => {
    const hex = vector.bytes.slice(2 * field.at, 2 * (field.at + field.size));
    return `${hex.padEnd(HEX_COLUMNS)} ${field.name}${valueOf(field, vector)}`;
  });
  return lines.join("\n");
}

function valueOf({ name, type, names: named }: Field, { fields }: MessageVector): string {
  if (type === "zero" || type === "bytes") return "";
  const value = fields[name] ?? "";
  const found = named.find(([number]) => number === value)?.[1];
  if (type === "text") return ` "${value}"`;
  return found === undefined ? ` ${value}` : ` ${value} ${found}`;
}

/** Every vector of a message, the records' first. */
export function vectorsOf(vectors: ProtocolVectors): MessageVector[] {
  const { records, session, packets, notes: _notes, keys: _keys, venue: _venue, ...log } = vectors;
  return [
    ...records.flatMap(({ frame, record, reports }) => [
      ...(frame === null ? [] : [frame, ...frame.commands]),
      record,
      ...reports,
    ]),
    ...session,
    ...packets.flatMap(({ packet, payload }) => (payload === null ? [packet] : [packet, payload])),
    ...Object.values(log),
  ];
}

function vectorFor(name: string, reportKind: string, vectors: ProtocolVectors): MessageVector {
  const kind = names.REPORT_KINDS.find(([, known]) => known === reportKind)?.[0];
  const isIt = (vector: MessageVector): boolean =>
    vector.message === name && (kind === undefined || vector.fields["kind"] === kind);
  // The first frame and record are the genesis; a trader's says more.
  const all = vectorsOf(vectors).filter(isIt);
  const found = name === "frame" ? all.find(({ fields }) => fields["kind"] === 4) : all[0];
  if (found === undefined) throw new Error(`no vector of ${name} ${reportKind}`);
  return found;
}

function codesBlock(): string {
  const rows = REJECT_CODES.map(({ code, name, says, retry }) => [
    String(code),
    `\`${name}\``,
    says,
    retry ? "yes" : "",
  ]);
  return table(["code", "name", "means", "again later"], rows);
}

const NAMED: Readonly<Record<string, Names>> = {
  "report kinds": names.REPORT_KINDS,
  "cancel reasons": names.CANCEL_REASONS,
  "market states": names.MARKET_STATES,
  scopes: [...names.TRADER_SCOPES, ...names.OPERATOR_SCOPES],
};

function namesBlock(title: string): string {
  const named = NAMED[title];
  if (named === undefined) throw new Error(`no names called ${title}`);
  const rows = named.map(([value, name]) => [String(value), `\`${name}\``]);
  return table(["number", "name"], rows);
}

function keysBlock({ keys, venue }: ProtocolVectors): string {
  const lines = keys.flatMap(({ name, seed, public_key: publicKey }) => [
    `${name.padEnd(11)} seed        ${seed}`,
    `${"".padEnd(11)} public key  ${publicKey}`,
  ]);
  return fenced([...lines, `venue                   ${venue}`].join("\n"));
}

function packetsBlock({ packets }: ProtocolVectors): string {
  const lines = packets.map(({ name, packet }) => `${name.padEnd(HEX_COLUMNS)} ${packet.bytes}`);
  return fenced(lines.join("\n"));
}

function frameBlock(position: number, vectors: ProtocolVectors): string {
  const frame: FrameVector | null | undefined = vectors.records[position - 1]?.frame;
  if (frame === null || frame === undefined) throw new Error(`no frame at position ${position}`);
  const lines = frame.bytes.match(new RegExp(`.{1,${FRAME_LINE}}`, "g")) ?? [];
  return fenced([...lines, "", `tag ${frame.tag}`].join("\n"));
}
