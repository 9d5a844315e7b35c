/**
 * Flows on disk and the answers beside them; what is no flow is refused in words.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFlow } from "../../src/load/make-flow.ts";
import { writeWorkload } from "../../src/load/workload.ts";
import { loadWorkload, referenceHash } from "../../src/load/workload-file.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "clob-flow-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

const bytes = writeWorkload(makeFlow("static", 1, 20) ?? []);

function put(name: string, content: Uint8Array | string): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

test("a packed flow is the flow", () => {
  const plain = loadWorkload(put("a.bin", bytes));
  const packed = loadWorkload(put("a.bin.gz", Bun.gzipSync(bytes)));
  if (typeof plain === "string" || typeof packed === "string") throw new Error("both are flows");
  expect(packed.fileHash).toEqual(plain.fileHash);
  expect(packed.workload.count).toEqual(plain.workload.count);
});

test.each([
  ["missing.bin", null, "there is no such file"],
  ["short.bin", bytes.subarray(0, 10), "workload is cut"],
  ["long.bin", new Uint8Array([...bytes, 0]), "workload length and its count differ"],
  ["other.bin", new Uint8Array(64), "not a workload"],
  ["torn.bin.gz", Bun.gzipSync(bytes).subarray(0, 30), "gzip cannot unpack it"],
])("%s is refused", (name, content, words) => {
  const path = content === null ? join(dir, name) : put(name, content);
  expect(loadWorkload(path)).toEqual(`${path}: ${words}`);
});

test("the answer is looked for beside the flow, then in hashes.json here and one above", () => {
  const hashes = { "b.bin": { report_sha256: "bb" }, "cases/c.bin": { report_sha256: "cc" } };
  put("hashes.json", JSON.stringify(hashes));
  put("d.bin.sha256", "dd\n");
  mkdirSync(join(dir, "cases"));
  const names = ["b.bin", "cases/c.bin", "d.bin", "e.bin"];
  const found = names.map((name) => referenceHash(join(dir, name)));
  expect(found).toEqual(["bb", "cc", "dd", null]);
});
