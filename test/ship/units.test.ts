/**
 * The systemd units, by their texts. What systemd says of them: units.long.test.ts.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readConfig } from "../../src/edges/config-read.ts";

const DIR = join(import.meta.dir, "..", "..", "deploy", "systemd");
const UNITS = [
  { file: "ingress-verifier.service", unit: "ingress-verifier.service", bin: "ingress-verifier" },
  { file: "market-matcher@.service", unit: "market-matcher@2.service", bin: "market-matcher" },
  { file: "settlement-plane.service", unit: "settlement-plane.service", bin: "settlement-plane" },
];

/** Name and values of each assignment. */
function settingsOf(file: string): Map<string, string[]> {
  const settings = new Map<string, string[]>();
  for (const line of readFileSync(join(DIR, file), "utf8").split("\n")) {
    const [, name, value] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    settings.set(name, [...(settings.get(name) ?? []), value]);
  }
  return settings;
}

describe.each(UNITS)("$file", ({ file, bin }) => {
  const settings = settingsOf(file);
  const read = readConfig({ env: {}, flags: {} });
  const drainMs = read.ok ? read.config.limits.drainTimeoutMs : Infinity;

  test("starts the executable over Redis, ends it by SIGTERM, waits longer than a drain", () => {
    expect(settings.get("ExecStart")?.[0]).toStartWith(`/opt/clob/bin/${bin} `);
    expect(settings.get("Type")).toEqual(["exec"]);
    expect(settings.get("Restart")).toEqual(["on-failure"]);
    expect(settings.get("KillSignal")).toEqual(["SIGTERM"]);
    expect(Number(settings.get("TimeoutStopSec")) * 1000).toBeGreaterThan(drainMs);
    expect(settings.get("Environment")?.[0]).toContain("CLOB_LOG=redis");
    // Without a leading dash: a file that is not there is an error.
    expect(settings.get("EnvironmentFile")?.[0]).toBe("/etc/clob/redis.env");
  });

  test("is closed in, but may compile", () => {
    for (const name of ["DynamicUser", "NoNewPrivileges", "PrivateDevices", "RestrictSUIDSGID"]) {
      expect([name, settings.get(name)]).toEqual([name, ["yes"]]);
    }
    expect(settings.get("ProtectSystem")).toEqual(["strict"]);
    expect(settings.get("StateDirectory")?.[0]).toStartWith("clob-");
    expect(Number(settings.get("LimitNOFILE"))).toBeGreaterThanOrEqual(65_536);
    expect(settings.has("MemoryDenyWriteExecute")).toBe(false);
  });
});

test("a matcher's instance is its core, and its file names its markets", () => {
  const settings = settingsOf("market-matcher@.service");
  expect(settings.get("CPUAffinity")).toEqual(["%i"]);
  expect(settings.get("EnvironmentFile")?.[1]).toBe("/etc/clob/market-matcher-%i.env");
  expect(settings.get("ExecStart")?.[0]).toEndWith("--http ${MATCHER_HTTP} $MARKETS");
});

test("settlement gets the checkpoint key and no other", () => {
  const settings = settingsOf("settlement-plane.service");
  const keys = ["checkpoint.pem", "carry.pem"].map((name) => `${name}:/etc/clob/keys/${name}`);
  expect(settings.get("LoadCredential")).toEqual(keys);
  expect(settings.get("ExecStart")?.[0]).toContain("--venue-keys-dir ${CREDENTIALS_DIRECTORY} ");
});
