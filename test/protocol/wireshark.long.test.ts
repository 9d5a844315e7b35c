/**
 * Wireshark reads what we send: its own SoupBinTCP dissector every packet, ours every field inside.
 *
 * Needs tshark (Debian: apt-get install tshark); without it the suite is skipped by name.
 */
import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as soup from "../../src/protocol/soup.ts";
import { MESSAGES } from "../../src/protocol/message-table.ts";
import type { MessageVector, ProtocolVectors } from "../vectors/make-protocol-vectors.ts";
import { encodePcap, type Said } from "./pcap.ts";

const tshark = Bun.which("tshark");
const root = join(import.meta.dir, "..", "..");
const file = Bun.file(join(root, "test/vectors/protocol.json"));
const vectors: ProtocolVectors = await file.json();

/** A conversation with every packet and message of the vectors, and the vectors that each holds. */
function conversation(): { talk: Said[]; inside: MessageVector[][] } {
  const talk: Said[] = [];
  const inside: MessageVector[][] = [];
  const add = (from: Said["from"], bytes: Uint8Array, held: MessageVector[] = []): void => {
    talk.push({ from, bytes });
    inside.push(held);
  };
  const message = (vector: MessageVector): void =>
    add("server", soup.encodePacket(soup.SOUP_SEQUENCED, bytesOf(vector)), [vector]);
  const fromClient = new Set(["login_request", "client_heartbeat", "logout"]);
  for (const { name, packet } of vectors.packets) {
    if (name !== "logout" && name !== "end_of_session") {
      add(fromClient.has(name) ? "client" : "server", bytesOf(packet));
    }
  }
  vectors.session.forEach(message);
  for (const { frame, reports } of vectors.records) {
    if (frame !== null && frame.commands[0]?.message !== "genesis") {
      const held = [frame, ...frame.commands];
      add("client", soup.encodePacket(soup.SOUP_UNSEQUENCED, bytesOf(frame)), held);
    }
    reports.forEach(message);
  }
  return { talk, inside };
}

function bytesOf({ bytes }: MessageVector): Uint8Array {
  return Uint8Array.fromHex(bytes);
}

const FORMAT = "-d tcp.port==8080,soupbintcp -T fields -E separator=| -E aggregator=,".split(" ");

/** One row per packet of the capture, one cell per field. */
function rowsOf(talk: readonly Said[], fields: readonly string[], more: string[] = []): string[][] {
  const dir = mkdtempSync(join(tmpdir(), "clob-pcap-"));
  const capture = join(dir, "talk.pcap");
  writeFileSync(capture, encodePcap(talk));
  const child = Bun.spawnSync([
    tshark ?? "",
    "-r",
    capture,
    ...FORMAT,
    ...more,
    ...fields.flatMap((field) => ["-e", field]),
  ]);
  rmSync(dir, { recursive: true });
  const text = child.stdout.toString();
  if (child.exitCode !== 0) throw new Error(child.stderr.toString());
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.split("|"));
}

describe.skipIf(tshark === null)("tshark", () => {
  const { talk, inside } = conversation();

  test("its own dissector parses every packet", () => {
    const fields = ["soupbintcp.packet_length", "soupbintcp.packet_type", "_ws.malformed"];
    const said = talk.map(({ bytes }) => [String(bytes.length - 2), typeOf(bytes), ""]);
    const rows = rowsOf(talk, fields);
    expect(rows).toEqual(said);
    expect(talk.length).toBeGreaterThan(40);
  });

  test("coalesced and cut packets are the same packets", () => {
    // tshark begins a new stream behind an `A`, so that one stays whole.
    const fromServer = talk.filter(({ from, bytes }) => from === "server" && bytes[2] !== 0x41);
    const bytes = Buffer.concat(fromServer.map((said) => said.bytes));
    const cut: Said[] = [];
    for (let at = 0; at < bytes.length; at += 97) {
      cut.push({ from: "server", bytes: bytes.subarray(at, at + 97) });
    }
    const types = rowsOf(cut, ["soupbintcp.packet_type"]).flatMap(([cell = ""]) => cell.split(","));
    expect(types.filter((type) => type !== "")).toEqual(
      fromServer.map((said) => typeOf(said.bytes)),
    );
  });

  test("our dissector reads every field of every message", () => {
    const script = join(root, "deploy/wireshark/clob.lua");
    const names = new Set(inside.flat().map((vector) => vector.message));
    const tables = MESSAGES.filter((message) => names.has(message.name));
    const columns = tables.flatMap(({ name, fields }) =>
      fields
        .filter(({ type }) => type !== "zero")
        .map((field) => ({ message: name, field: field.name, type: field.type })),
    );
    const ids = columns.map(({ message, field }) => `clob.${message}.${field}`);
    const rows = rowsOf(talk, ids, ["-X", `lua_script:${script}`]);
    for (const [i, row] of rows.entries()) {
      const wanted = columns.map(({ message, field, type }) => {
        const values = inside[i]!.filter((one) => one.message === message);
        return values.map((one) => shown(one.fields[field]!, type)).join(",");
      });
      expect(Object.fromEntries(ids.map((id, n) => [id, row[n] ?? ""]))).toEqual(
        Object.fromEntries(ids.map((id, n) => [id, wanted[n]!])),
      );
    }
    expect(names.size).toBe(22);
  });
});

/** A packet's type as tshark writes a character. */
function typeOf(packet: Uint8Array): string {
  return `'${String.fromCharCode(packet[2]!)}'`;
}

function shown(value: number | string, type: string): string {
  if (type !== "bits") return String(value);
  return `0x${Number(value).toString(16).padStart(8, "0")}`;
}
