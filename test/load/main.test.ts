/**
 * bun run load, as a user meets it: help, refusals with exit codes, and making flows.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callForm } from "../../src/edges/call-form.ts";
import { generateKeyFile } from "../../src/edges/keys.ts";

const ROOT = join(import.meta.dir, "..", "..");

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "clob-load-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

async function load(...args: string[]) {
  const child = Bun.spawn([process.execPath, "src/load/main.ts", ...args], {
    cwd: ROOT,
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, out, err };
}

test("make writes the same flow and its hash, plain or packed", async () => {
  const [plain, packed] = [join(dir, "a.bin"), join(dir, "a.bin.gz")];
  const first = await load("make", "swing-40", "5", "200", plain);
  const second = await load("make", "swing-40", "5", "200", packed);
  expect([first.code, second.code]).toEqual([0, 0]);
  const unpacked = Bun.gunzipSync(new Uint8Array(readFileSync(packed)));
  expect(Buffer.from(unpacked).equals(readFileSync(plain))).toBe(true);
  const hash = readFileSync(`${plain}.sha256`, "utf8");
  expect(readFileSync(`${packed}.sha256`, "utf8")).toEqual(hash);
  expect(first.out).toContain(hash.trim());
});

test("without a verb it says what there is", async () => {
  const { code, out } = await load();
  expect(code).toEqual(0);
  expect(out).toContain("load replay FILE");
});

test.each([
  [["fly"], 2, 'there is no "load fly"'],
  [["make", "square", "1", "10", "x.bin"], 2, 'there is no shape "square"'],
  [["make", "normal", "1"], 2, "make takes SHAPE SEED N FILE"],
  [["replay"], 2, "replay takes one FILE"],
  [["replay", "package.json"], 2, "not a workload"],
  [["replay", "nothing.bin"], 2, "there is no such file"],
  [["replay", "--batch"], 2, "batch"],
])("%p ends with %p", async (args, wanted, words) => {
  const { code, err } = await load(...args);
  expect({ code, err }).toEqual({ code: wanted, err: expect.stringMatching(words) });
});

test("with -o json stdout is JSON whatever happens, through clob too", async () => {
  const path = join(dir, "c.bin");
  const made = JSON.parse((await load("make", "static", "1", "5", path, "-o", "json")).out);
  const report_sha256 = readFileSync(`${path}.sha256`, "utf8").trim();
  expect(made).toEqual({ file: path, messages: 10, report_sha256 });
  expect(typeof JSON.parse((await load("--help", "--output=json")).out).text).toBe("string");
  const message = `there is no "load fly"\nTry: ${callForm(process.env).clob} load --help`;
  expect(JSON.parse((await load("fly", "-o", "json")).out)).toEqual({
    error: { code: "usage", message },
  });
  const viaClob = Bun.spawnSync(
    [process.execPath, "src/cli/main.ts", "load", "replay", path, "-o", "json", "--data", dir],
    { cwd: ROOT, stdout: "pipe", stderr: "ignore" },
  );
  const key = join(dir, "keys", "operator.pem");
  const away = `${key} could not be opened: there is no such file or folder`;
  expect(JSON.parse(viaClob.stdout.toString())).toEqual({
    error: { code: "refused", message: away },
  });
});

test("a venue that is not there is exit code 3", async () => {
  const path = join(dir, "b.bin");
  await load("make", "static", "1", "5", path);
  const key = join(dir, "operator.pem");
  generateKeyFile(key);
  const args = ["replay", path, "--settlement=127.0.0.1:1", `--operator=${key}`];
  const { code, err } = await load(...args);
  expect({ code, err }).toEqual({ code: 3, err: expect.stringContaining("does not answer") });
});
