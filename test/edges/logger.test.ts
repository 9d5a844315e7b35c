/** Log lines are one JSON object each, bounded, and hold no keys. */
import { describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSink, Logger, type LogSink } from "../../src/edges/logger.ts";

function memorySink() {
  const lines: string[] = [];
  const sink: LogSink = { write: (line) => void lines.push(line), close: () => {} };
  return { lines, sink };
}

function loggerTo(sink: LogSink, severityMin: "debug" | "warning" = "debug"): Logger {
  const nowMs = () => Date.UTC(2026, 10, 22, 20, 49, 0, 123);
  return new Logger({ sink, severityMin, fields: { service: "test" }, nowMs });
}

/** What one line with these fields holds. */
function written(fields: Record<string, unknown>, message = "m"): Record<string, unknown> {
  const { lines, sink } = memorySink();
  loggerTo(sink).info(message, fields);
  const { severity: _s, time: _t, service: _v, ...rest } = JSON.parse(lines.join(""));
  return rest;
}

describe("a line", () => {
  test("has severity, time and message first, then the fields", () => {
    const { lines, sink } = memorySink();
    loggerTo(sink).with({ shard: 1 }).warning("ready", { position: 7 });
    expect(lines).toEqual([
      '{"severity":"WARNING","time":"2026-11-22T20:49:00.123Z","message":"ready",' +
        '"service":"test","shard":1,"position":7}\n',
    ]);
  });

  test("below the least severity is not written", () => {
    const { lines, sink } = memorySink();
    const logger = loggerTo(sink, "warning").with({});
    logger.debug("a");
    logger.info("b");
    logger.warning("c");
    logger.error("d");
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(["c", "d"]);
  });

  test("cannot be forged or hidden by a field or a line feed", () => {
    const { lines, sink } = memorySink();
    loggerTo(sink).error('a"\n{"severity":"INFO"}', { severity: "x", time: "y", message: "z" });
    expect(lines).toHaveLength(1);
    expect(lines.join("").indexOf("\n")).toBe(lines.join("").length - 1);
    expect(JSON.parse(lines.join(""))).toEqual({
      severity: "ERROR",
      time: "2026-11-22T20:49:00.123Z",
      message: 'a"\n{"severity":"INFO"}',
      service: "test",
      severity_: "x",
      time_: "y",
      message_: "z",
    });
  });

  test("holds any value, none of them endless", () => {
    const endless: Record<string, unknown> = { a: 1 };
    endless["self"] = endless;
    const line = written({
      big: 2n ** 70n,
      none: null,
      absent: undefined,
      nan: Number.NaN,
      bytes: new Uint8Array(32),
      list: Array.from({ length: 1000 }, (_, i) => i),
      long: "x".repeat(10_000),
      run: () => 1,
      endless,
    });
    const { list, ...rest } = line;
    expect(list).toHaveLength(100);
    expect(rest).toEqual({
      message: "m",
      big: "1180591620717411303424",
      none: null,
      nan: "NaN",
      bytes: "32 bytes",
      long: `${"x".repeat(4096)}...`,
      run: "a function",
      endless: { a: 1, self: { a: 1, self: { a: 1, self: { a: 1, self: "..." } } } },
    });
  });

  test("tells an error with its place", () => {
    const { error } = written({ error: new TypeError("no such thing") });
    expect(error).toMatch(/TypeError: no such thing[\s\S]*logger\.test\.ts/);
  });
});

describe("no key is written", () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ format: "pem", type: "pkcs8" });
  const der = privateKey.export({ format: "der", type: "pkcs8" });
  const seed = der.subarray(16);

  test.each([
    ["a PEM", pem],
    ["a PEM in the middle of a text", `read ${pem} from disk`],
    ["a PEM of another kind", pem.replaceAll(" PRIVATE", " EC PRIVATE").replace("MC4C", "")],
    ["the body of a PEM", pem.split("\n")[1] ?? ""],
    ["DER in hex", der.toString("hex")],
    ["DER as bytes", der],
    ["an error that quotes it", new Error(`cannot read ${pem}`)],
    ["an object that holds it", { inner: [{ text: pem }] }],
    ["a seed as bytes", { public_key: seed }],
    ["a seed under its name", { seed: seed.toString("hex") }],
    ["a seed under a longer name", { operatorSeed: seed.toString("hex") }],
    ["a private key under its name", { private_key: seed.toString("hex") }],
    ["a key object", privateKey],
  ])("%s", (_, value) => {
    const { lines, sink } = memorySink();
    loggerTo(sink).info("loaded", { value });
    if (typeof value === "string") loggerTo(sink).info(value);
    const text = lines.join("");
    const body = (pem.split("\n")[1] ?? "").slice(22, 60);
    expect(body).toHaveLength(38);
    for (const secret of [body, seed.toString("hex"), seed.toString("base64").slice(0, 40)]) {
      expect(text).not.toContain(secret);
    }
    expect(text).not.toContain(JSON.stringify([...seed]).slice(1, 20));
  });

  test.each([
    "password",
    "redis_password",
    "redisPassword",
    "token",
    "authorization",
    "PASSPHRASE",
  ])("%s is hidden", (name) => {
    expect(written({ [name]: "hunter2" })).toEqual({ message: "m", [name]: "***" });
  });

  test("names that only look alike are not", () => {
    const fields = { public_key: "ab", key_id: 7, tokens_left: 3, keys_dir: "data/keys" };
    expect(written(fields)).toEqual({ message: "m", ...fields });
  });

  test("the address of a Redis loses its credentials", () => {
    const line = written({ a: "rediss://bob:hunter2@h:1" }, "lost redis://:hunter2@h, trying");
    expect(line).toEqual({ message: "lost redis://***@h, trying", a: "rediss://***@h:1" });
  });
});

describe("a sink", () => {
  test("that fails loses lines and says how many", () => {
    const { lines, sink } = memorySink();
    let full = true;
    const logger = loggerTo({
      write: (line) => {
        if (full) throw new Error("no space left");
        sink.write(line);
      },
      close: () => {},
    });
    logger.info("a");
    logger.info("b");
    full = false;
    logger.info("c");
    logger.info("d");
    const told = lines
      .map((line) => JSON.parse(line))
      .map((line) => [line.message, line.lines_dropped]);
    expect(told).toEqual([
      ["c", 2],
      ["d", undefined],
    ]);
  });

  test("that is a file goes on where it ended, and begins anew before it is too large", () => {
    const dir = mkdtempSync(join(tmpdir(), "clob-log-"));
    try {
      const path = join(dir, "log.jsonl");
      for (const text of ["first\n", "second\n", "third, the end\n"]) {
        const sink = fileSink(path, 20);
        sink.write(text);
        sink.close();
        expect(statSync(path).mode & 0o777).toBe(0o600);
      }
      expect(readFileSync(path, "utf8")).toBe("third, the end\n");
      expect(readFileSync(`${path}.1`, "utf8")).toBe("first\nsecond\n");
      const sink = fileSink(path, 20);
      sink.write(`${"x".repeat(100)}\n`);
      sink.close();
      expect(statSync(path).size).toBe(101);
      expect(existsSync(`${path}.2`)).toBe(false);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
