/**
 * What is made from the message table is committed as it is made: PROTOCOL.md and the dissector.
 * The examples that the document prints are read back from it.
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { fillProtocolDoc, vectorsOf } from "../../scripts/protocol-doc.ts";
import { wiresharkDissector } from "../../scripts/wireshark-dissector.ts";
import { REJECT_CODES } from "../../src/protocol/codes.ts";
import { checkFrame } from "../../src/protocol/check-frame.ts";
import { MESSAGES, messageNamed } from "../../src/protocol/message-table.ts";
import type { ProtocolVectors } from "../vectors/make-protocol-vectors.ts";
import { decodeByTable } from "./table-codec.ts";

const root = join(import.meta.dir, "..", "..");
const doc = await Bun.file(join(root, "docs/PROTOCOL.md")).text();
const vectors: ProtocolVectors = await Bun.file(join(root, "test/vectors/protocol.json")).json();

test("PROTOCOL.md is what bun scripts/make-protocol.ts makes of it", () => {
  expect(fillProtocolDoc(doc, vectors)).toBe(doc);
});

test("the dissector is what bun scripts/make-protocol.ts makes", async () => {
  expect(await Bun.file(join(root, "deploy/wireshark/clob.lua")).text()).toBe(wiresharkDissector());
});

/** What stands between the begin mark of a block and its end. */
function blocks(kind: string): { of: string; text: string }[] {
  const pattern = new RegExp(`<!-- begin: ${kind} ?(.*?) -->\\n([\\s\\S]*?)<!-- end -->`, "g");
  return [...doc.matchAll(pattern)].map(([, of = "", text = ""]) => ({ of, text }));
}

describe("the document", () => {
  test("has every message and every reject code", () => {
    const shown = new Set(blocks("message").map(({ of }) => of.split(" ")[0]));
    expect(MESSAGES.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([]);
    const codes = blocks("codes")[0]!.text.match(/^\| \d+ \| `\w+`/gm) ?? [];
    expect<string[]>([...codes]).toEqual(
      REJECT_CODES.map(({ code, name }) => `| ${code} | \`${name}\``),
    );
  });

  test("prints for each message bytes that say what is printed beside them", () => {
    const known = vectorsOf(vectors);
    for (const { of, text } of blocks("message")) {
      const message = messageNamed(of.split(" ")[0]!);
      const [, example = ""] = /```\n([\s\S]*?)\n```/.exec(text) ?? [];
      const lines = example.split("\n").map((line) => /^([0-9a-f]+) +(\w+) ?(.*)$/.exec(line)!);
      const hex = lines.map(([, bytes]) => bytes).join("");
      expect(hex.length).toBe(2 * message.size);
      expect(known.some((vector) => vector.bytes.startsWith(hex))).toBe(true);
      const said = decodeByTable(message, Uint8Array.fromHex(hex));
      for (const [, , name = "", value = ""] of lines) {
        if (value === "") continue;
        const printed = value.startsWith('"') ? value.slice(1, -1) : BigInt(value.split(" ")[0]!);
        expect([of, name, said[name]]).toEqual([of, name, printed]);
      }
    }
  });

  test("prints a frame that is accepted", () => {
    const [frame = "", tag = ""] = /```\n([\s\S]*?)\n```/
      .exec(blocks("frame")[0]!.text)![1]!
      .split("\n\n");
    const bytes = Uint8Array.fromHex(frame.replaceAll("\n", ""));
    const venue = Uint8Array.fromHex(vectors.venue);
    expect(checkFrame(bytes, { venue, shard: 1, directoryOrigin: 1 })).toBe(0);
    expect(tag).toBe(
      `tag ${new Bun.CryptoHasher("sha256").update(bytes).digest("hex").slice(0, 16)}`,
    );
  });

  test("names no file that is not there", async () => {
    for (const [, path = ""] of doc.matchAll(/`((?:src|test|scripts|deploy)\/[\w./-]+)`/g)) {
      expect([path, await Bun.file(join(root, path)).exists()]).toEqual([path, true]);
    }
  });
});
